"""Complaints from filing to closing (投诉处置)."""
