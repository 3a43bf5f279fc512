"""Journeys, watched clocks and cards, seen from outside the handling departments (电子监察)."""
