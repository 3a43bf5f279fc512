"""The seals of a center and its departments: a picture, a right to use it, an end (rules C02–C04, AA03; facts 1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from kit.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal. Its picture never changes: another picture is another seal, so that papers keep the one they bear."""

    id: str
    center_id: str
    #: Whose it is; empty: the center's own.
    department_key: str
    name: str
    #: The PNG in base64, and its SHA-256.
    image: str = field(repr=False)
    sha256: str
    #: The right to use it: on which papers, and by whom they may be issued.
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    registered_by: str
    registered_at: datetime
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class SealChanged:
    """A seal was registered or withdrawn."""

    seal: Seal
    rules: str = "rules C02, AA03"


def require_right(seal: Seal, kinds: frozenset[str], roles: frozenset[str]) -> Seal:
    """The seal, its right made of papers and roles that there are.

    Raises ``Invalid`` (``seal_kinds_required``, ``seal_roles_required``).
    """
    if not seal.kinds or not set(seal.kinds) <= kinds:
        raise Invalid("seal_kinds_required", "请选择该印章用于哪些文书。", field="kinds")
    if not seal.roles or not set(seal.roles) <= roles:
        raise Invalid("seal_roles_required", "请选择哪些岗位出具的文书可以使用该印章。", field="roles")
    return seal


def withdraw(seal: Seal, *, reason: str, by: str, now: datetime) -> Seal:
    """The seal as withdrawn: no paper gets it any more, those that bear it keep it. Raises ``Conflict`` (``seal_withdrawn``)."""
    if seal.withdrawn_at is not None:
        raise Conflict("seal_withdrawn", "该印章已经停用。", id=seal.id)
    return replace(seal, withdrawn_by=by, withdrawn_at=now, withdrawal_reason=reason)
