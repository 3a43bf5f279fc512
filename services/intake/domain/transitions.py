"""What may become of an application; an illegal transition always raises (rules C05–C09, L02, L03; 许可法 32)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from services.intake.domain.application import (
    Answer,
    Applicant,
    Application,
    ApplicationState,
    Channel,
    DeliveryMethod,
    Origin,
    Refusal,
    RefusalKind,
    Subject,
)
from services.intake.domain.further import use
from services.intake.domain.material import (
    Declared,
    Material,
    Upload,
    attach,
    complete_since,
    declare,
    lacking,
    want,
    wanted,
)
from services.intake.domain.officer import Officer
from services.intake.domain.paper import Paper
from services.intake.domain.promising import owes
from services.intake.domain.reusing import require_in_force
from services.intake.domain.transferring import require_not_held


def receive(
    *,
    id: str,
    number: str,
    code: str,
    center_id: str,
    subject: Subject,
    origin: Origin,
    applicant: Applicant,
    holder_key: str,
    materials: tuple[Material, ...],
    declared: Iterable[Declared],
    delivery: DeliveryMethod,
    form_json: str,
    responsible: Officer | None,
    notice_due_at: datetime,
    now: datetime,
    situation: tuple[Answer, ...] = (),
) -> Application:
    """Papers were handed in (收件): not yet accepted (rules C12, C13; 许可法 32).

    Raises ``Invalid``: what ``declare`` raises; post delivery without an address (``address_required``).
    """
    if delivery is DeliveryMethod.POST and not applicant.address:
        raise Invalid("address_required", "选择邮寄送达的，请填写收件地址。", field="applicant.address")
    application = Application(
        id=id,
        number=number,
        code=code,
        center_id=center_id,
        item_id=subject.item_id,
        item_version=subject.item_version,
        item_name=subject.item_name,
        department_key=subject.department_key,
        item_kind=subject.item_kind,
        channel=origin.channel,
        journey=origin.journey,
        ticket_id=origin.ticket_id,
        window_number=origin.window_number,
        state=ApplicationState.RECEIVED,
        applicant=applicant,
        holder_key=holder_key,
        materials=(),
        delivery=delivery,
        received_at=now,
        responsible=responsible,
        form_json=form_json,
        notice_due_at=notice_due_at,
        situation=situation,
    )
    return _with_materials(application, declare(materials, declared), now)


def record_material(application: Application, declared: Declared, *, now: datetime) -> Application:
    """A material was handed in, mended on the spot or found faulty (rules C06).

    Raises ``Conflict`` once it is judged; ``Invalid`` as ``declare`` does.
    """
    _require_unjudged(application)
    return _with_materials(application, declare(application.materials, (declared,)), now)


def attach_upload(
    application: Application, key: str, upload: Upload, *, now: datetime, at_window: bool = False
) -> Application:
    """A file was uploaded to a material. Raises ``Conflict`` once it is judged, or when there are too many.

    What was promised for later may still be uploaded (rules D02).
    """
    if not owes(application, key):
        _require_unjudged(application)
    return _with_materials(application, attach(application.materials, key, upload, at_window=at_window), now)


def accept(application: Application, *, officer: Officer, on_spot: bool, now: datetime) -> Application:
    """Accepts a complete application (受理; rules C05, ZZ20).

    A center that accepts on the spot answers for its own delay: at a window the clock then runs from when the papers
    were complete, whenever the acceptance was entered. Raises ``Conflict``: judged already, or a main material is
    lacking (``materials_incomplete``), or taken from something that has expired (``reused_material_expired``).
    """
    _require_unjudged(application)
    names = "、".join(material.name for material in lacking(application.materials))
    if names:
        raise Conflict(
            "materials_incomplete", f"主要材料不齐或不符合要求：{names}。请补齐补正后再受理。", materials=names
        )
    require_in_force(application, now)
    since_complete = application.complete_since or now
    since = since_complete if on_spot and application.channel is Channel.WINDOW else now
    return _closed(replace(_taken_by(application, officer), accepted_at=since), ApplicationState.ACCEPTED, now)


def deem_accepted(application: Application, *, now: datetime) -> Application:
    """The law takes it as accepted, as nobody gave notice in time (许可法 32): the clock runs from the receipt.

    After a supplement it runs from when that was handed in (our own choice; the law names only the first receipt).
    Raises ``Conflict`` unless the center's clock has run out (``notice_not_due``).
    """
    require_not_held(application)
    if application.state is not ApplicationState.RECEIVED:
        raise _not_in(application, "notice_not_due", "该申请没有逾期未告知的情形。")
    if application.notice_due_at is None or now < application.notice_due_at:
        raise Conflict("notice_not_due", "告知期限尚未届满。", id=application.id)
    since = application.supplement_handed_in_at or application.received_at
    return _closed(replace(application, accepted_at=since, deemed=True), ApplicationState.ACCEPTED, now)


def request_supplement(
    application: Application,
    wants: Iterable[Declared],
    *,
    officer: Officer,
    due_at: datetime,
    lapses: bool,
    now: datetime,
) -> Application:
    """Gives the one-time notice (一次性告知; rules C07, L02; 许可法 32).

    It names all: what is wanted here, and every main material that isn't in order. Raises ``Conflict`` on a second
    notice (``notice_already_given``) or once it is judged; ``Invalid`` when nothing is wanted (``nothing_wanted``), or
    something that is in order (``material_in_order``).
    """
    _require_unjudged(application)
    if application.supplement_requested_at is not None:
        application = use(application, now)
    materials = want(application.materials, wants)
    if not wanted(materials):
        raise Invalid("nothing_wanted", "请至少写明一份需要补正的材料；材料齐全的应当受理。")
    return replace(
        _with_materials(_taken_by(application, officer), materials, now),
        state=ApplicationState.SUPPLEMENT_REQUESTED,
        supplement_requested_at=now,
        supplement_due_at=due_at,
        supplement_lapses=lapses,
        notice_due_at=None,
    )


def hand_in_supplement(
    application: Application, declared: Iterable[Declared], *, notice_due_at: datetime, now: datetime
) -> Application:
    """Takes in what the notice asked for; when nothing is wanted any more, the center has to judge.

    Raises ``Conflict`` without an open notice (``no_notice_given``), or after its end if it lapses then
    (``supplement_period_over``).
    """
    if application.state is not ApplicationState.SUPPLEMENT_REQUESTED:
        raise _not_in(application, "no_notice_given", "该申请没有待补正的告知，无需补交材料。")
    due_at = application.supplement_due_at
    if application.supplement_lapses and due_at is not None and now > due_at:
        raise Conflict("supplement_period_over", "补正期限已过，请重新提出申请。", due_at=due_at.isoformat())
    handed_in = _with_materials(application, declare(application.materials, declared), now)
    if wanted(handed_in.materials):
        return handed_in
    return _handed_in(handed_in, notice_due_at, now)


def refuse(application: Application, refusal: Refusal, *, officer: Officer, now: datetime) -> Application:
    """Refuses with reason, basis and rights (不予受理; rules C09, C17, L03).

    Raises ``Conflict`` once it is judged, or while the applicant may still hand in what the notice asked for
    (``supplement_period_running``); ``Invalid`` as a refusal without its three parts can't be issued.
    """
    _require_unjudged(application)
    due_at = application.supplement_due_at
    if application.state is ApplicationState.SUPPLEMENT_REQUESTED and due_at is not None and now <= due_at:
        raise Conflict("supplement_period_running", "补正期限未满，申请人仍可补交材料，暂不能作出不予受理决定。")
    return _refused(_taken_by(application, officer), refusal, now)


def lapse(application: Application, refusal: Refusal, *, notice_due_at: datetime, now: datetime) -> Application:
    """The notice's time is over: refused (facts 1; a center's setting), or to be judged if everything is there.

    An applicant who brought all and only forgot to say so isn't refused for that. Raises ``Conflict`` unless that
    clock has run out (``supplement_not_due``).
    """
    due_at = application.supplement_due_at
    if application.state is not ApplicationState.SUPPLEMENT_REQUESTED or not application.supplement_lapses:
        raise _not_in(application, "supplement_not_due", "该申请没有逾期未补正的情形。")
    if due_at is None or now < due_at:
        raise Conflict("supplement_not_due", "补正期限尚未届满。", id=application.id)
    if not wanted(application.materials):
        return _handed_in(application, notice_due_at, now)
    return _refused(application, refusal, now)


def withdraw(application: Application, *, reason: str, now: datetime) -> Application:
    """The applicant takes it back before it is judged. Raises ``Conflict`` afterwards."""
    _require_unjudged(application)
    return _closed(replace(application, withdrawal_reason=reason), ApplicationState.WITHDRAWN, now)


def with_paper(application: Application, paper: Paper) -> Application:
    """The application with an issued paper."""
    return replace(application, papers=(*application.papers, paper))


def _handed_in(application: Application, notice_due_at: datetime, now: datetime) -> Application:
    return replace(
        application,
        state=ApplicationState.RECEIVED,
        supplement_due_at=None,
        supplement_handed_in_at=now,
        notice_due_at=notice_due_at,
    )


def _refused(application: Application, refusal: Refusal, now: datetime) -> Application:
    if not (refusal.reason and refusal.basis):
        raise Invalid("refusal_needs_reason_and_basis", "不予受理必须写明理由和依据。")
    if not refusal.rights:
        raise Invalid("refusal_needs_rights", "不予受理通知书必须告知救济途径，请联系管理员补全中心设置。")
    if refusal.kind is RefusalKind.NOT_OURS and not refusal.authority:
        raise Invalid(
            "refusal_needs_authority",
            "不属于本机关职权范围的，应当告知向哪个机关申请，请填写名称和地址。",
            field="authority",
        )
    return _closed(replace(application, refusal=refusal), ApplicationState.REFUSED, now)


def _with_materials(application: Application, materials: tuple[Material, ...], now: datetime) -> Application:
    since = complete_since(materials, application.complete_since, now)
    return replace(application, materials=materials, complete_since=since)


def _taken_by(application: Application, officer: Officer) -> Application:
    """The first officer who deals with it answers for it to the end (第一责任人, rules C13)."""
    return replace(application, responsible=application.responsible or officer)


def _closed(application: Application, state: ApplicationState, now: datetime) -> Application:
    closed_at = None if state is ApplicationState.ACCEPTED else now
    return replace(
        application,
        state=state,
        closed_at=closed_at,
        notice_due_at=None,
        supplement_due_at=None,
        clock_days=0,
        due_provisional=False,
    )


def _require_unjudged(application: Application) -> None:
    require_not_held(application)
    if application.state.judged:
        raise _not_in(application, "application_already_judged", f"该申请{_SAID[application.state]}，不能再改动。")


def _not_in(application: Application, code: str, message: str) -> Conflict:
    return Conflict(code, message, state=application.state.value)


_SAID = {
    ApplicationState.ACCEPTED: "已受理",
    ApplicationState.REFUSED: "已作出不予受理决定",
    ApplicationState.WITHDRAWN: "已撤回",
    ApplicationState.TRANSFERRED: "已移送其他站点",
}
