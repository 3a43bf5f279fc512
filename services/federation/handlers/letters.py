"""Letters out and in: how they are written, to whom what came is given, and what is answered to what can't be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from kit.call import Call
from kit.errors import Invalid, Stale, TongbanError
from kit.store.port import AlreadyApplied, Duplicate, Mark
from services.federation.domain.agreement import Sealing
from services.federation.domain.letters import (
    File,
    IncomingLetter,
    LetterAnswered,
    OutgoingLetter,
    RefusedLetter,
)
from services.federation.handlers.desk import Desk

M = TypeVar("M", bound=Message)

#: What is done with a letter of one type; the mark is written with the effect.
Taker = Callable[[Desk, Call, IncomingLetter, Mark], None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a letter of this site."""

    letter_id: str
    type: str
    journey: str
    #: delivered, read, acted_on, refused, expired or set_aside.
    settlement: str
    code: str
    message: str
    by: str
    at: datetime

    @property
    def failed(self) -> bool:
        """Whether the other side will never have it."""
        return self.settlement in ("refused", "expired", "set_aside")


Settler = Callable[[Desk, Call, Settled, Mark], None]


def write(
    desk: Desk,
    call: Call,
    *,
    to: str,
    type: str,
    journey: str,
    payload: Message,
    in_reply_to: str = "",
    expires_at: datetime | None = None,
    files: tuple[File, ...] = (),
    sealing: Sealing | None = None,
) -> OutgoingLetter:
    """A letter of this site, to be told of with the save that it follows from (``LetterPosted``).

    A file that several materials have travels once.
    """
    return OutgoingLetter(
        id=desk.ids.new_id(call.now),
        destination=to,
        type=type,
        journey=journey,
        payload=payload.SerializeToString(deterministic=True),
        created_at=call.now,
        in_reply_to=in_reply_to,
        expires_at=expires_at,
        files=tuple({file.sha256: file for file in files}.values()),
        sealing=sealing,
    )


def read(letter: IncomingLetter, message: type[M]) -> M:
    """A letter's payload. Raises ``Invalid`` (``letter_undecodable``, ``letter_version_unknown``)."""
    if letter.type_version != 1:
        raise Invalid("letter_version_unknown", "来函的版本高于本站点系统，请升级后由对方重新发送。", type=letter.type)
    try:
        return message.FromString(letter.payload)
    except DecodeError as error:
        raise Invalid("letter_undecodable", "来函内容无法解析，请对方核对后重新发送。", type=letter.type) from error


def answered(letter: IncomingLetter, call: Call, settlement: str, by_name: str = "") -> LetterAnswered:
    """That another site's letter was read or acted on here."""
    return LetterAnswered(letter.id, letter.origin, letter.journey, settlement, call.now, by_name=by_name)


def take_letter(*, desk: Desk, call: Call, letter: IncomingLetter, mark: Mark, takers: Mapping[str, Taker]) -> None:
    """Gives a letter to whoever knows its type; one that can't be used is refused with its code, and kept to be seen.

    Raises ``AlreadyApplied``, ``Stale``, and what may go better another time (``Unavailable``).
    """
    try:
        taker = takers.get(letter.type)
        if taker is None:
            raise Invalid("letter_type_unknown", "本站点不受理这类来函，请联系本站点管理人员。", type=letter.type)
        taker(desk, call, letter, mark)
    except (AlreadyApplied, Stale):
        raise
    except TongbanError as error:
        if error.retryable:
            raise
        _refuse(desk, call, letter, error, mark)


def _refuse(desk: Desk, call: Call, letter: IncomingLetter, error: TongbanError, mark: Mark) -> None:
    refused = RefusedLetter(
        letter.id, letter.origin, letter.type, letter.journey, error.code, error.message, letter.created_at, call.now
    )
    said = LetterAnswered(
        letter.id, letter.origin, letter.journey, "refused", call.now, code=error.code, note=error.message
    )
    try:
        desk.refused_letters.create(refused, [said], call, mark=mark)
    except Duplicate:
        if desk.refused_letters.find_by_id(letter.id) is None:
            raise


def settle_letter(*, desk: Desk, call: Call, settled: Settled, mark: Mark, settlers: Mapping[str, Settler]) -> None:
    """Gives what became of a letter to whoever wrote it, found by its type's first word; others pass by."""
    settler = settlers.get(settled.type.partition(".")[0])
    if settler is not None:
        settler(desk, call, settled, mark)
