"""Five-step approvals beside other engines, and work lists of a million steps."""
