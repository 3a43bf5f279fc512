"""Supervision: cards, watched clocks, rectifications."""
