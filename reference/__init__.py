"""A local copy of centers, items, policies and calendars: pure lookups, no remote call."""
