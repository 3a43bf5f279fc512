"""The board in the hall."""
