"""The web edge: parse, one RPC, answer. Pages and REST."""
