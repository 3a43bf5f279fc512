"""Complaints: the citizen's form and progress, the staff's list and case."""
