"""Reads of approval: cases, their due dates explained, their decisions as PDF."""
