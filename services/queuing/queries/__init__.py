"""What is read: a ticket and its position, a day's tickets, the board."""
