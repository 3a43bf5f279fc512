"""Evaluating a visit or a case."""
