"""A citizen's own ticket."""
