"""Not here, as at a site: MongoDB's driver would load what only tests have brought (7 MB a process)."""

raise ImportError("pyOpenSSL is no package of requirements.lock")
