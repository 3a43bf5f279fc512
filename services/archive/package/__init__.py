"""A hand-over as one file: a ZIP with a manifest, a METS index and the papers; written here, read by tools beside it."""
