"""Papers that were given: whether one is genuine, and further prints."""
