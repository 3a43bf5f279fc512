"""Who takes a result at a window: how they showed who they are, and that they signed (领取; rules I03, I04)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import Invalid


class IdentityCheck(StrEnum):
    """How a document was checked."""

    CARD_READER = "card_reader"
    SEEN = "seen"
    OTHER = "other"


class Demand(StrEnum):
    """What a center gives a result for."""

    IDENTITY = "identity"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Taker:
    """Who stands at the window, with their number in full, which isn't kept; ``signature`` is the file's content."""

    by_agent: bool = False
    id_type: str = ""
    id_number: str = ""
    check: str = ""
    authority: str = ""
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class PickUp:
    """Who took it. ``id_number`` is masked; ``check`` is empty where nobody checked.

    ``signature_sha256``, ``signature_type``: the signature's file and its true media type; empty: there is none.
    """

    by_agent: bool = False
    id_type: str = ""
    id_number: str = ""
    check: str = ""
    authority: str = ""
    signature_sha256: str = ""
    signature_type: str = ""
    given_by: str = ""


def require_demanded(pick_up: PickUp, demanded: Collection[str]) -> None:
    """Nothing is given at a window without what its center demands.

    Raises ``Invalid``: nobody checked who they are (``identity_required``), an agent without an authority paper
    (``authority_required``), no signature (``signature_required``).
    """
    if Demand.IDENTITY in demanded and not (pick_up.check and pick_up.id_number):
        raise Invalid(
            "identity_required", "窗口领取须核验领取人身份证件，请登记证件号码和核验方式。", field="taker.id_number"
        )
    if Demand.IDENTITY in demanded and pick_up.by_agent and not pick_up.authority:
        raise Invalid("authority_required", "代领的，请登记授权委托书。", field="taker.authority")
    if Demand.SIGNATURE in demanded and not pick_up.signature_sha256:
        raise Invalid("signature_required", "请领取人签名，或者上传签名回单的扫描件。", field="taker.signature")
