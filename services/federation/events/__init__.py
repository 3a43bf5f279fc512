"""Events out with their messages, and what federation listens to."""
