"""What says that a result was handed out or posted: the delivery slip and the signature (送达回证; rules I02–I04)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from kit.call import Call
from kit.errors import NotFound
from kit.pdf import NotRendered
from kit.picture import picture_size
from reference.papers.printing import date_parts
from reference.papers.shelf import IssuedPaper, Sheet
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import CaseResult, DeliverySlip
from services.approval_routing.domain.pick_up import PickUp
from services.approval_routing.handlers.access import visible
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries.papers import addressee_of, case_sheet, day_parts, letterhead

#: Where the slip's template finds the signature's picture, by its type; a scanned PDF is kept beside it.
_PICTURES: Final = {"image/png": "pictures/signature.png", "image/jpeg": "pictures/signature.jpg"}
#: Larger ones are kept beside the slip too, as printing them takes too much memory; in pixels. Our own choice.
_MOST_SIDE: Final = 5000


def get_delivery_slip(*, office: Office, call: Call, case_id: str) -> tuple[IssuedPaper, bytes]:
    """The delivery slip of a case (送达回证), with the signature's picture; of what was posted, as it stands since it arrived.

    It bears the applicant's full name, which intake shows on the record. Raises ``NotFound`` (``no_delivery_slip`` too),
    ``Forbidden``; ``Unavailable`` while intake or the printer can't be asked.
    """
    case = visible(office, call, case_id)
    result = case.result
    if result is None or result.slip is None:
        raise NotFound("no_delivery_slip", "该办件没有送达回证。", id=case.id)
    sheet = _slip_sheet(office, call, case, result, result.slip)
    try:
        return office.shelf.original(call, sheet)
    except NotRendered:
        if not sheet.pictures:
            raise
        # A picture that can't be drawn keeps nobody from their slip, which names its file.
        return office.shelf.original(call, replace(sheet, data={**sheet.data, "signature_picture": ""}, pictures={}))


def get_pick_up_signature(*, office: Office, call: Call, case_id: str) -> tuple[bytes, str]:
    """The signature by which a result was taken, and its type. Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
    result = visible(office, call, case_id).result
    pick_up = result.pick_up if result is not None else None
    if pick_up is None or not pick_up.signature_sha256:
        raise NotFound("signature_not_found", "该办件没有领取签名。", id=case_id[:80])
    return b"".join(office.shelf.blobs.get(pick_up.signature_sha256)), pick_up.signature_type


def slip_data(case: Case, result: CaseResult, slip: DeliverySlip, addressee: str, picture: str) -> dict[str, Any]:
    """What a delivery slip is given; who took it as it is kept, masked."""
    pick_up, receipt = result.pick_up or PickUp(), result.receipt
    return letterhead(case, slip.paper, slip.number, slip.issued_at, addressee) | {
        "result_name": result.name,
        "result_number": result.number,
        "method": result.method,
        "tracking_number": result.tracking_number,
        "received_by": "" if receipt is not None else result.received_by,
        "by_agent": pick_up.by_agent,
        "id_type": pick_up.id_type,
        "id_number": pick_up.id_number,
        "check": pick_up.check,
        "compared": pick_up.compared,
        "authority": pick_up.authority,
        "signature_sha256": pick_up.signature_sha256,
        "signature_picture": picture,
        "given_by": slip.given_by,
        "receipt": None
        if receipt is None
        else {
            "signed_by": receipt.signed_by,
            "by_proxy": receipt.by_proxy,
            "signed_on": day_parts(receipt.signed_on),
            "recorded_by": receipt.recorded_by,
            "recorded_at": date_parts(receipt.recorded_at),
        },
    }


def _slip_sheet(office: Office, call: Call, case: Case, result: CaseResult, slip: DeliverySlip) -> Sheet:
    pictures = _pictures(office, result.pick_up or PickUp())
    addressee = addressee_of(office, call, case, "", f"打印送达回证 {slip.number}")
    data = slip_data(case, result, slip, addressee, next((f"/{path}" for path in pictures), ""))
    name = _slip_name(office, case, slip) + ("/signed" if result.receipt is not None else "")
    sheet = case_sheet(case, name, "delivery_slip", slip.paper, slip.number, slip.issued_at, addressee, data)
    return replace(sheet, pictures=pictures)


def _slip_name(office: Office, case: Case, slip: DeliverySlip) -> str:
    """What went back and was handed out after all has a second slip."""
    first = office.shelf.papers.find_by_id(f"{case.id}/delivery_slip")
    return "delivery_slip" if first is None or first.number == slip.number else f"delivery_slip/{slip.number}"


def _pictures(office: Office, pick_up: PickUp) -> dict[str, str]:
    path = _PICTURES.get(pick_up.signature_type)
    if not path:
        return {}
    size = picture_size(b"".join(office.shelf.blobs.get(pick_up.signature_sha256)))
    fits = size is not None and min(size) > 0 and max(size) <= _MOST_SIDE
    return {path: pick_up.signature_sha256} if fits else {}
