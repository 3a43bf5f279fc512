"""The services, a folder each. None imports another."""
