"""Collected papers on their way to departments, and papers that wait to be fetched (rules B08, C16)."""
