"""Reads of intake: applications, and their papers as PDF."""
