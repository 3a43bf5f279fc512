"""Running a center: windows and staff today, items in review, the day's end."""
