"""The lines to other sites, for those who operate this one."""
