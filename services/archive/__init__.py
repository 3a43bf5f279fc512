"""Case files: one a case, with all that belongs to it (一事一档)."""
