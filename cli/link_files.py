"""Files that operators hand each other: cards, proposals, acceptances, anchors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.refusal import Refusal


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise Refusal(f"{path} can't be read: {reason}.") from error


def read_message(path: Path, sort: Any) -> Any:
    """The message of a file that was handed over. Raises ``Refusal``, ``Invalid``."""
    from services.relay.cards import read_file

    return read_file(_text(path), sort)


def is_file_of(path: Path, name: str) -> bool:
    """Whether a file says at its top that it is one of these."""
    return f'"{name}"' in _text(path)[:200]


def require_compared(card: Any, fingerprint: str) -> None:
    """Raises ``Refusal``, with what to ask, until a person has said the fingerprint."""
    if not fingerprint:
        raise Refusal(
            f"this is the card of {card.site}, {card.name}. Ask its operator, over another way than the file came,\n"
            f"whether its fingerprint is\n\n    {card.fingerprint()}\n\nand if so, say so: --fingerprint '…'."
        )


def require_free(out: Path | None) -> Path:
    """Where to write, before anything is done. Raises ``Refusal``."""
    if out is None:
        raise Refusal("say where to write what is to be handed over: --out FILE.")
    if out.exists():
        raise Refusal(f"{out} exists already; give another name.")
    return out
