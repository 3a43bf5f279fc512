"""Pages for what applicants promised, and for what a window may ask a second time."""
