"""What the collecting place does with a crossing; an illegal transition always raises (rules P01–P04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import Calendar
from services.federation.domain.agreement import Mode
from services.federation.domain.crossing import CollectedMaterial, Crossing, CrossingState, Trouble
from services.federation.domain.crossing_acts import CrossingAct, may
from services.federation.domain.letters import File, LetterLine, with_line
from services.federation.domain.segments import SegmentKind, begun, ended, start

#: Our own choices: more is a typing error, or somebody filling the disk.
MOST_SCANS: Final = 20
MOST_PIECES: Final = 10_000


def begin(crossing: Crossing, calendar: Calendar) -> Crossing:
    """The crossing with the clock of its collection. Raises ``Invalid``: a delivery that wasn't agreed on."""
    if crossing.delivery not in crossing.parties.deliveries:
        raise Invalid("delivery_not_agreed", "通办协议没有约定这种送达方式，请重新选择。", field="delivery")
    if crossing.delivery == "post" and not crossing.applicant.address:
        raise Invalid("address_required", "选择邮寄送达的，请填写收件地址。", field="applicant.address")
    collection = start(SegmentKind.COLLECTION, crossing.opened_at, crossing.parties.days.collection, calendar)
    return replace(crossing, segments=(collection,))


def add_scan(crossing: Crossing, key: str, scan: File) -> Crossing:
    """The crossing with a scan; what was checked before has to be checked again. The same scan changes nothing.

    Raises ``Conflict`` where nothing may be added, ``Invalid`` (``material_unknown``).
    """
    material = _open_material(crossing, key)
    if any(each.sha256 == scan.sha256 for each in material.scans):
        return crossing
    if len(material.scans) >= MOST_SCANS:
        raise Conflict("too_many_scans", f"每份材料最多 {MOST_SCANS} 个扫描件，请合并后再上传。", material=key)
    return _with(crossing, replace(material, scans=(*material.scans, scan), checked=False))


def remove_scan(crossing: Crossing, key: str, sha256: str) -> Crossing:
    """The crossing without a scan. Raises ``Conflict``, ``Invalid`` (``scan_unknown``)."""
    material = _open_material(crossing, key)
    left = tuple(each for each in material.scans if each.sha256 != sha256)
    if len(left) == len(material.scans):
        raise Invalid("scan_unknown", "没有这个扫描件，请刷新后重试。", material=key)
    return _with(crossing, replace(material, scans=left, checked=False))


def check_material(crossing: Crossing, key: str, *, checked: bool, originals: int, copies: int) -> Crossing:
    """The clerk has compared scan, original and form standard. Raises ``Conflict`` without a scan, ``Invalid``."""
    material = _open_material(crossing, key)
    if checked and not material.scans:
        raise Conflict("scan_missing", f"“{material.name}”尚未扫描，不能核对。", material=key)
    if not (0 <= originals <= MOST_PIECES and 0 <= copies <= MOST_PIECES):
        raise Invalid("pieces_invalid", f"材料份数应为 0 至 {MOST_PIECES}，请更正。", material=key)
    return _with(crossing, replace(material, checked=checked, originals=originals, copies=copies))


def require_complete(crossing: Crossing) -> None:
    """Raises ``Conflict`` (``checklist_incomplete``) unless every main material is scanned, and checked at a window."""
    at_window = crossing.mode is not Mode.FULLY_ONLINE
    lacking = [
        each.name
        for each in crossing.materials
        if (each.main and not each.scans) or (at_window and each.scans and not each.checked)
    ]
    if lacking:
        raise Conflict(
            "checklist_incomplete",
            f"以下材料尚未扫描或未核对：{'、'.join(lacking)}。请逐项完成后再发送。",
            materials="、".join(lacking),
        )


def send(crossing: Crossing, line: LetterLine, calendar: Calendar, *, now: datetime) -> Crossing:
    """It goes to the handling place. Raises ``Conflict`` once it is on its way (``crossing_sent``), or incomplete."""
    if not may(crossing, CrossingAct.SEND):
        raise Conflict("crossing_sent", "该件已发送，不能重复发送；请查看办理进度。", state=crossing.state.value)
    require_complete(crossing)
    segments = ended(crossing.segments, now, SegmentKind.COLLECTION, SegmentKind.TRANSIT)
    transit = start(SegmentKind.TRANSIT, now, crossing.parties.days.transit, calendar)
    return replace(
        crossing,
        state=CrossingState.SENT,
        sent_at=now,
        trouble=None,
        submission_id=line.id,
        letters=with_line(crossing.letters, line),
        segments=begun(segments, transit),
    )


def send_supplement(crossing: Crossing, line: LetterLine, calendar: Calendar, *, now: datetime) -> Crossing:
    """What the notice asked for goes after it. Raises ``Conflict``: nothing asked for, or not all of it there."""
    require_supplement_open(crossing)
    lacking = [each.name for each in _asked(crossing) if not each.scans or _unchecked(crossing, each)]
    if lacking:
        raise Conflict(
            "supplement_incomplete",
            f"以下补正材料尚未扫描或未核对：{'、'.join(lacking)}。请逐项完成后再发送。",
            materials="、".join(lacking),
        )
    transit = start(SegmentKind.TRANSIT, now, crossing.parties.days.transit, calendar)
    return replace(
        crossing,
        trouble=None,
        supplement_id=line.id,
        letters=with_line(crossing.letters, line),
        segments=begun(crossing.segments, transit),
    )


def require_supplement_open(crossing: Crossing) -> None:
    """Raises ``Conflict`` unless the owner's notice asks for something that isn't on its way."""
    if not may(crossing, CrossingAct.SEND_SUPPLEMENT):
        raise Conflict("no_notice_given", "办理地没有要求补正，无需补交材料。", state=crossing.state.value)
    if crossing.supplement_on_its_way:
        raise Conflict("supplement_on_its_way", "补正材料已发送，请等待办理地答复。")


def asked_materials(crossing: Crossing) -> tuple[CollectedMaterial, ...]:
    """What the owner's notice asks for, as it stands here."""
    return tuple(_asked(crossing))


def cancel(crossing: Crossing, *, now: datetime) -> Crossing:
    """Given up before it was sent. Raises ``Conflict`` afterwards."""
    if not may(crossing, CrossingAct.CANCEL):
        raise Conflict("crossing_sent", "该件已发送，请改为申请撤回。", state=crossing.state.value)
    return _closed(replace(crossing, state=CrossingState.CANCELLED), now)


def ask_back(crossing: Crossing, line: LetterLine) -> Crossing:
    """The applicant wants it back; the owner decides. Raises ``Conflict``: judged, closed, or asked already."""
    if not may(crossing, CrossingAct.ASK_BACK):
        raise Conflict("too_late_to_withdraw", "办理地已受理或办结，不能撤回。", state=crossing.state.value)
    if crossing.withdrawal_id:
        raise Conflict("withdrawal_asked", "已申请撤回，请等待办理地答复。")
    return replace(crossing, withdrawal_id=line.id, letters=with_line(crossing.letters, line))


def receive_result(crossing: Crossing, *, now: datetime) -> Crossing:
    """The result reached the collecting center. Raises ``Conflict``: none is made, or it isn't issued here."""
    _require_result_here(crossing, CrossingAct.RECEIVE_RESULT)
    if crossing.result_arrived_at is not None:
        raise Conflict("result_arrived", "结果已登记到达，无需重复登记。")
    return replace(crossing, result_arrived_at=now)


def hand_over(crossing: Crossing, line: LetterLine, *, now: datetime) -> Crossing:
    """The result is with the applicant; the owner closes its case on the letter. Raises ``Conflict``."""
    _require_result_here(crossing, CrossingAct.HAND_OVER_RESULT)
    if crossing.result_arrived_at is None:
        raise Conflict("result_not_arrived", "结果尚未登记到达本中心，请先登记。")
    if crossing.handed_over_at is not None:
        raise Conflict("result_handed_over", "结果已发放给申请人，无需重复登记。")
    return replace(
        crossing,
        handed_over_at=now,
        letters=with_line(crossing.letters, line),
        segments=ended(crossing.segments, now, SegmentKind.HAND_BACK),
    )


def come_back(crossing: Crossing, trouble: Trouble, calendar: Calendar, *, now: datetime) -> Crossing:
    """A letter of it wasn't taken: the desk has it again, or the supplement may be sent again."""
    segments = ended(crossing.segments, now, SegmentKind.TRANSIT)
    if trouble.letter_id == crossing.submission_id and crossing.state is CrossingState.SENT:
        collection = start(SegmentKind.COLLECTION, now, crossing.parties.days.collection, calendar)
        return replace(
            crossing, state=CrossingState.RETURNED, trouble=trouble, segments=begun(segments, collection), sent_at=None
        )
    if trouble.letter_id == crossing.supplement_id and crossing.supplement_on_its_way:
        return replace(crossing, supplement_id="", trouble=trouble, segments=segments)
    if trouble.letter_id == crossing.withdrawal_id:
        return replace(crossing, withdrawal_id="", trouble=trouble)
    return replace(crossing, trouble=trouble)


def _require_result_here(crossing: Crossing, act: CrossingAct) -> None:
    denied = crossing.status is not None and crossing.status.outcome == "denied"
    if crossing.delivery != "window":
        raise Conflict("result_not_issued_here", "该件的结果不在收件地窗口发放。", delivery=crossing.delivery)
    if not may(crossing, act) or (crossing.state is CrossingState.DECIDED and not denied):
        raise Conflict("no_result_yet", "办理地尚未出件，请等待。", state=crossing.state.value)


def _open_material(crossing: Crossing, key: str) -> CollectedMaterial:
    material = crossing.material(key)
    if material is None:
        raise Invalid("material_unknown", f"没有编号为“{key}”的材料，请核对材料清单。", material=key)
    if crossing.state.at_desk:
        return material
    if not may(crossing, CrossingAct.CHANGE_MATERIALS) or crossing.supplement_on_its_way:
        raise Conflict("crossing_sent", "该件已发送，材料不能再改动。", state=crossing.state.value)
    if crossing.status is not None and key not in {each.key for each in crossing.status.wanted}:
        raise Conflict("material_not_wanted", "办理地没有要求补正这份材料。", material=key)
    return material


def _asked(crossing: Crossing) -> Iterable[CollectedMaterial]:
    wanted = {each.key for each in crossing.status.wanted} if crossing.status else set()
    return (each for each in crossing.materials if each.key in wanted)


def _unchecked(crossing: Crossing, material: CollectedMaterial) -> bool:
    return crossing.mode is not Mode.FULLY_ONLINE and not material.checked


def _with(crossing: Crossing, changed: CollectedMaterial) -> Crossing:
    materials = tuple(changed if each.key == changed.key else each for each in crossing.materials)
    return replace(crossing, materials=materials)


def _closed(crossing: Crossing, now: datetime) -> Crossing:
    return replace(crossing, closed_at=now, segments=ended(crossing.segments, now, *SegmentKind))
