"""Files by their SHA-256: the port and its adapters."""
