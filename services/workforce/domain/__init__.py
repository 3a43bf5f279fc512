"""What staff, accounts, sessions and window assignments are, and what may become of them."""
