"""Use cases of intake, one function each: load → domain → save with events."""
