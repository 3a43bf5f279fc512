"""The managers' list of what is done for whom, and by whom (通办清单)."""
