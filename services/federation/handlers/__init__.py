"""Use cases of federation."""
