"""Evaluations of services, and the rectifications that negative ones open (好差评)."""
