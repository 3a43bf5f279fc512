"""How people pay online: a port, and what stands behind it."""
