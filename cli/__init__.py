"""The operator's command, `tongban`."""
