"""Fees: the citizen's bill, the staff's desk (rules H01–H04)."""
