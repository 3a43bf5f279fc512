"""Events between services: the port and its adapters."""
