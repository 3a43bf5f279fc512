"""Results that are valid for a time: looked for, followed to their end, ended before it (许可法 50, 69, 70)."""
