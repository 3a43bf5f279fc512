"""What events of other services say of things that may not be: each with the words that show it (facts 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kit.events import Event
from kit.workdays import local_text
from services.supervision.domain.cards import Person, SubjectKind, Trigger
from services.supervision.domain.findings import Fact
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.intake.v1 import messages_pb2 as intake

#: Facts of an event; it may be several.
Facts = Callable[[Event, Any], Iterator[Fact]]


def further_notice(event: Event, message: Any) -> Iterator[Fact]:
    """A supervisor had to let the window ask again: the first notice didn't say everything (rules L02)."""
    it: intake.Application = message.application
    yield _of_application(
        event,
        it,
        Trigger.FURTHER_NOTICE,
        "一次性告知后又要求补正，未做到一次告知全部",
        f"监察人员{event.actor_name}许可再次告知，理由：{message.reason}",
        round=len(it.further_notices),
    )


def refusal(event: Event, message: Any) -> Iterator[Fact]:
    """Not accepted: with grounds (rules C09), and not where everything was there (许可法 32)."""
    it: intake.Application = message.application
    missing = [word for word, text in (("理由", it.refusal_reason), ("依据", it.refusal_basis)) if not text.strip()]
    if missing:
        said = f"不予受理决定未写明{'、'.join(missing)}"
        yield _of_application(event, it, Trigger.NO_GROUNDS, said, said, person=_actor(event))
    if it.refusal_kind == intake.REFUSAL_KIND_OTHER and _complete(it):
        evidence = f"不予受理时 {len(it.materials)} 份材料均已提交、符合形式；所写理由：{it.refusal_reason}"
        yield _of_application(event, it, Trigger.NOT_ACCEPTED, "材料齐全而不予受理", evidence, person=_actor(event))


def supplement(event: Event, message: Any) -> Iterator[Fact]:
    """More was asked for although nothing was missing (许可法 32)."""
    it: intake.Application = message.application
    if _complete(it):
        evidence = f"要求补正时 {len(it.materials)} 份材料均已提交、符合形式"
        yield _of_application(event, it, Trigger.NOT_ACCEPTED, "材料齐全而要求补正", evidence, person=_actor(event))


def denial(event: Event, message: Any) -> Iterator[Fact]:
    """Denied: with reasons, basis and rights (许可法 38, rules C10)."""
    case: approval.Case = message.case
    told = (("理由", case.decision.reason), ("依据", case.decision.basis), ("救济途径", case.decision.rights))
    missing = [word for word, text in told if not text.strip()]
    if case.decision.outcome == approval.OUTCOME_DENIED and missing:
        said = f"不予许可决定未写明{'、'.join(missing)}"
        yield Fact(
            trigger=Trigger.NO_GROUNDS,
            kind=SubjectKind.CASE,
            id=case.id,
            number=case.number,
            title=case.item_name,
            center_id=case.center_id,
            department_key=case.department_key,
            journey=case.journey,
            at=event.at,
            reason=said,
            evidence=_shown(event, said),
            person=Person(case.decision.decided_by_id, case.decision.decided_by_name),
        )


def fee(event: Event, message: Any) -> Iterator[Fact]:
    """A complaint about a fee was found right (rules R02; 许可法 58)."""
    it: complaint.Complaint = message.complaint
    if it.topic == complaint.TOPIC_FEE and it.liability not in ("", "none"):
        said = f"收费投诉查实，调查情况：{it.findings}"
        yield Fact(
            trigger=Trigger.FEE,
            kind=SubjectKind.COMPLAINT,
            id=it.id,
            number=it.number,
            title="收费投诉",
            center_id=it.center_id,
            department_key=it.assignee_department,
            journey=it.journey,
            at=event.at,
            reason="经投诉查实的无依据收费",
            evidence=_shown(event, said),
            round=it.reopened,
        )


#: Event by service → the facts that it shows.
FACTS: dict[tuple[str, str], Facts] = {
    ("intake", "FurtherNoticePermitted"): further_notice,
    ("intake", "ApplicationRefused"): refusal,
    ("intake", "SupplementRequested"): supplement,
    ("approval_routing", "CaseDecided"): denial,
    ("complaint", "ComplaintAnswered"): fee,
}
#: Event by service → what is mended by it: the trigger, the field that holds the subject, and why.
MENDS: dict[tuple[str, str], tuple[Trigger, str, str]] = {
    ("intake", "ApplicationAccepted"): (Trigger.NOT_ACCEPTED, "application", "已受理"),
    ("complaint", "ComplaintReopened"): (Trigger.FEE, "complaint", "投诉重新调查"),
}


def _complete(it: intake.Application) -> bool:
    """Whether all materials were there and in form, but for such as may be brought later (rules C04, D01)."""
    wanted = [material for material in it.materials if material.main or not material.deferrable]
    return bool(wanted) and all(material.state == intake.MATERIAL_STATE_HANDED_IN for material in wanted)


def _of_application(
    event: Event,
    it: intake.Application,
    trigger: Trigger,
    reason: str,
    evidence: str,
    *,
    round: int = 0,
    person: Person | None = None,
) -> Fact:
    return Fact(
        trigger=trigger,
        kind=SubjectKind.APPLICATION,
        id=it.id,
        number=it.number,
        title=it.item_name,
        center_id=it.center_id,
        department_key=it.department_key,
        journey=it.journey,
        at=event.at,
        reason=reason,
        evidence=_shown(event, evidence),
        round=round,
        person=person,
    )


def _actor(event: Event) -> Person | None:
    """Who did it, where that is a person."""
    machine = not event.actor_id or event.actor_id.startswith("service:")
    return None if machine else Person(event.actor_id, event.actor_name)


def _shown(event: Event, said: str) -> str:
    return f"{said}（{local_text(event.at)}，事件 {event.id}）"
