"""Applying online for what another place decides (全程网办)."""
