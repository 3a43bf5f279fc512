"""Applying online for what this center itself decides (网上申请)."""
