"""The hall: numbers, calls, windows, appointments (排队叫号)."""
