"""Tickets, windows, days and appointments of a hall: pure, told the time and new ids as arguments."""
