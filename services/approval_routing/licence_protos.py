"""Licences as messages."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import EndKind, ResultEnd
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.domain.renewal import Renewal
from services.approval_routing.domain.validity import Validity
from tongban.approval_routing.v1 import certificates_pb2
from tongban.approval_routing.v1 import licences_pb2 as pb

STATES: Final = {
    LicenceState.VALID: pb.LICENCE_STATE_VALID,
    LicenceState.CONTINUED: pb.LICENCE_STATE_CONTINUED,
    LicenceState.RENEWED: pb.LICENCE_STATE_RENEWED,
    LicenceState.EXPIRED: pb.LICENCE_STATE_EXPIRED,
    LicenceState.ENDED: pb.LICENCE_STATE_ENDED,
}
END_KINDS: Final = {
    EndKind.REVOKED: certificates_pb2.RESULT_END_KIND_REVOKED,
    EndKind.CANCELLED: certificates_pb2.RESULT_END_KIND_CANCELLED,
}
END_KIND_OF: Final = {value: key for key, value in END_KINDS.items()}
STATE_OF: Final = {value: key for key, value in STATES.items()}


def end_message(end: ResultEnd) -> certificates_pb2.ResultEnd:
    """That a result holds no more."""
    return certificates_pb2.ResultEnd(
        kind=END_KINDS[end.kind], reason=end.reason, basis=end.basis, at=to_timestamp(end.at), by_name=end.by_name
    )


def validity_message(validity: Validity) -> pb.ResultValidity:
    """How long a result is valid."""
    return pb.ResultValidity(
        valid_from=validity.valid_from.isoformat(),
        valid_until=validity.valid_until.isoformat(),
        apply_by=validity.apply_by.isoformat(),
    )


def renewal_message(renewal: Renewal) -> pb.CaseRenewal:
    """What a case renews."""
    return pb.CaseRenewal(
        licence_id=renewal.licence_id,
        number=renewal.number,
        valid_until=renewal.valid_until.isoformat(),
        applied_at=to_timestamp(renewal.applied_at),
        in_time=renewal.in_time,
        deemed_at=to_timestamp(renewal.deemed_at),
        decide_by=to_timestamp(renewal.decide_by),
    )


def licence_history(licence: Licence, case: Case) -> pb.GetLicenceResponse:
    """A licence, and what the case that gave it says of it."""
    result, renews = case.result, case.renewal
    ended = result.ended if result is not None else None
    return pb.GetLicenceResponse(
        licence=licence_message(licence),
        case_version=case.version,
        issued_at=to_timestamp(result.issued_at if result is not None else None),
        ended=None if ended is None else end_message(ended),
        renews_id=renews.licence_id if renews is not None else "",
        renews_number=renews.number if renews is not None else "",
    )


def licence_message(licence: Licence) -> pb.Licence:
    """A licence, its holder masked."""
    return pb.Licence(
        id=licence.id,
        number=licence.number,
        name=licence.name,
        center_id=licence.center_id,
        department_key=licence.department_key,
        item_id=licence.item_id,
        item_name=licence.item_name,
        holder_masked=licence.holder_masked,
        journey=licence.journey,
        validity=validity_message(licence.validity),
        state=STATES[licence.state],
        reminded_at=to_timestamp(licence.reminded_at),
        renewal_case_id=licence.renewal_case_id,
        renewal_number=licence.renewal_number,
        in_time=licence.in_time,
        followed_by=licence.followed_by,
        version=licence.version,
    )
