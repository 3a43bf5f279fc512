"""Cases that several sites handle together, at the desks of those who handle them."""
