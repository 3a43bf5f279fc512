"""What is on file: one's own certificates and papers, and what of them may stand for a material."""
