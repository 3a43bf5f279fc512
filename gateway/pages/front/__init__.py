"""The front page: which center, and what one can do here."""
