"""What is on file about a person or a unit, and what it may be used for: pure."""
