"""Certificate libraries outside (国家、省电子证照库): a port, what speaks to one over HTTP, and one that only plays."""
