"""Who stands in for whom: leave with cover, and delegation."""
