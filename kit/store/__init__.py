"""Documents: the port, its adapters, and typed repositories over it."""
