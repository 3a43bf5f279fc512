"""The ticket machine in the hall."""
