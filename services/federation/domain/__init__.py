"""What sites agree on, hand to each other and answer each other for: pure."""
