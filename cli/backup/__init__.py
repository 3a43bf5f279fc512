"""``tongban backup``, ``verify`` and ``restore``: a site as one file, and back."""
