"""Use cases of relay."""
