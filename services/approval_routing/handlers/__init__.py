"""Use cases of approval, one function each: load → domain → save with events."""
