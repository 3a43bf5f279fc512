"""Who takes a result at a window: how they showed who they are, and that they signed (领取; rules I03, I04)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
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


class AgentDemand(StrEnum):
    """What a center wants of an agent besides."""

    AUTHORITY = "authority"
    APPLICANT_NUMBER = "applicant_number"


@dataclass(frozen=True, slots=True)
class Taker:
    """Who stands at the window, with their number in full, which isn't kept; ``signature`` is the file's content.

    ``applicant_number``: of an agent, the applicant's own number as it was shown; it isn't kept either.
    """

    by_agent: bool = False
    id_type: str = ""
    id_number: str = field(default="", repr=False)
    check: str = ""
    authority: str = ""
    signature: bytes = field(default=b"", repr=False)
    applicant_number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """What intake says of the numbers that were shown: whether the applicant is a unit, and whose they are."""

    unit: bool
    taker_is_applicant: bool
    applicant_number_fits: bool


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
    #: Their number, or the one that an agent showed of the applicant, was compared with the application.
    compared: bool = False


def require_demanded(pick_up: PickUp, demanded: Collection[str], of_agents: Collection[str]) -> None:
    """Nothing is given at a window without what its center demands.

    Raises ``Invalid``: nobody checked who they are (``identity_required``), an agent without an authority paper
    (``authority_required``), no signature (``signature_required``).
    """
    if Demand.IDENTITY in demanded and not (pick_up.check and pick_up.id_number):
        raise Invalid(
            "identity_required", "窗口领取须核验领取人身份证件，请登记证件号码和核验方式。", field="taker.id_number"
        )
    if AgentDemand.AUTHORITY in of_agents and pick_up.by_agent and not pick_up.authority:
        raise Invalid("authority_required", "代领的，请登记授权委托书。", field="taker.authority")
    if Demand.SIGNATURE in demanded and not pick_up.signature_sha256:
        raise Invalid("signature_required", "请领取人签名，或者上传签名回单的扫描件。", field="taker.signature")


def require_entitled(taker: Taker, compared: Compared, of_agents: Collection[str]) -> None:
    """Whose document it is decides who may take it: the applicant's own, or an agent's beside it (rules I03).

    A unit comes by an agent, who shows its credit code. Raises ``Invalid``: ``unit_needs_agent``,
    ``taker_not_applicant``, ``agent_is_applicant``, ``applicant_number_required``, ``applicant_number_differs``.
    """
    if not taker.by_agent:
        if compared.unit:
            message = "申请人是单位，请勾选“代理人领取”，登记经办人的证件、单位的统一社会信用代码和授权委托书。"
            raise Invalid("unit_needs_agent", message, field="taker.by_agent")
        if not compared.taker_is_applicant:
            message = (
                "所登记的证件号码与申请人的不一致，不能交付，请核对；"
                "替申请人领取的，请勾选“代理人领取”，登记代领人自己的证件和授权委托书。"
            )
            raise Invalid("taker_not_applicant", message, field="taker.id_number")
        return
    if compared.taker_is_applicant:
        message = "所登记的证件就是申请人的：本人领取的，请取消“代理人领取”；代领的，请登记代领人自己的证件。"
        raise Invalid("agent_is_applicant", message, field="taker.by_agent")
    if not taker.applicant_number:
        if compared.unit or AgentDemand.APPLICANT_NUMBER in of_agents:
            message = "请登记申请人的证件号码（申请人是单位的，为统一社会信用代码），系统将与申请信息核对。"
            raise Invalid("applicant_number_required", message, field="taker.applicant_number")
    elif not compared.applicant_number_fits:
        message = "所登记的申请人证件号码（单位为统一社会信用代码）与申请信息不一致，不能交付，请核对。"
        raise Invalid("applicant_number_differs", message, field="taker.applicant_number")
