"""Reads of fees: bills, and their receipts and notes of refunds as PDF."""
