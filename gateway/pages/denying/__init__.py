"""Pages for reports that something can't be done (否定事项报备)."""
