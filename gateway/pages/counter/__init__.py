"""The clerk's window: calling, serving, taking in."""
