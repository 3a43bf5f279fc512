"""Seals: registered, looked at, withdrawn, and the book of their uses."""
