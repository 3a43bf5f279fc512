"""The archive's desk."""
