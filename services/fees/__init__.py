"""Fees: computed after approval, paid to a bank or online, never to a window (rules H01–H04)."""
