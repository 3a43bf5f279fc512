"""A command that can't be carried out says why, and what to do, in one message."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing was done; the message is for the operator, in English."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
