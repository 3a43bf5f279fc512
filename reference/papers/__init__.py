"""What the papers of all services share: letterhead and seal (typst), numbers of series, codes to scan."""
