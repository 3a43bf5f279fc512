"""Other engines, each in a process and a virtual environment of its own."""
