"""What a case file is and how it goes on: pure."""
