"""The desk for what crosses: collecting for another place, and what came from one."""
