"""Evaluations and rectifications: entities, states and rules."""
