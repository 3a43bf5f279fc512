"""Letters, envelopes, links and keys: pure."""
