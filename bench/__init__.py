"""Measurements, each as a ratio of its floor: `make bench`."""
