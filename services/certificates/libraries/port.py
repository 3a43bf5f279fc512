"""The port to certificate libraries outside (国家政务服务平台、省级电子证照库; GB/T 36906)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """Whose certificates are asked for, in full: libraries go by the number. Kept nowhere, told to nobody else."""

    name: str
    #: As intake names them: resident_id, credit_code, passport, other.
    id_type: str
    id_number: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question. ``id`` is the question's own, under which both sides keep it on record; ``purpose`` goes with it."""

    id: str
    person: Person
    #: 电子证照类型代码.
    types: tuple[str, ...]
    purpose: str
    center_id: str
    #: Who asks, by name.
    asked_by: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A valid certificate, as a library has it. ``id`` is the library's own for it."""

    id: str
    certificate_type: str
    name: str
    number: str
    issuer: str
    issued_on: date
    #: Its last day; None: without an end.
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a library said. ``reference`` is its number for the answer, ``sha256`` (hex) is over the bytes that came."""

    reference: str
    said_at: datetime
    sha256: str
    certificates: tuple[Certificate, ...]


class CertificateLibraryPort(Protocol):
    """A library outside. Asking changes nothing there, so that it may be asked again."""

    #: Whether it only plays: what it says is nobody's certificate.
    sandbox: bool

    def ask(self, inquiry: Inquiry) -> Answer:
        """The person's valid certificates of these types; none where it has none.

        Raises ``Unavailable`` (``certificate_library_unavailable``: it can't be reached, is too slow, or was so a moment
        ago; ``certificate_library_answer_invalid``: what it said can't be relied on), ``Forbidden``
        (``certificate_library_refused``: it won't say, and why).
        """
