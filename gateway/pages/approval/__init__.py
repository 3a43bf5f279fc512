"""The approver's list and case."""
