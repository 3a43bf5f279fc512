"""Applications: taking in, judging, papers (收件受理)."""
