"""Clocks of the law, measured: counting, explaining, counting anew when a calendar changes, alarms in time."""
