"""A citizen's own case."""
