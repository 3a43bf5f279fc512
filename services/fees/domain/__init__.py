"""What a bill is and what may become of it: pure rules."""
