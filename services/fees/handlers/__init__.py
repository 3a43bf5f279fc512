"""One function a use case: load, change, one save with its events."""
