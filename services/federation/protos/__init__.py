"""Entities ↔ messages: for events, letters and gRPC alike."""
