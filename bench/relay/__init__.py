"""Letters between two sites on one machine: how many, how late, how much memory, and what the bare parts would do."""
