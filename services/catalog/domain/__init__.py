"""What a center is and what it offers: pure rules."""
