"""Applications begun online: saved, resumed, opened at a window by their code, gone after a time (rules C15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import orjson

from kit.call import Call
from kit.errors import Conflict, Forbidden, NotFound
from kit.forms import read_form
from kit.store.repository import check_version
from kit.text import clean
from reference import ServiceItem
from services.intake.domain.application import Answer, Applicant, DeliveryMethod
from services.intake.domain.draft import Draft
from services.intake.domain.events import DraftOpened
from services.intake.domain.undertaking import CommitmentChoice
from services.intake.handlers.access import WINDOW_ROLES, holder_key
from services.intake.handlers.checklists import begun_form
from services.intake.handlers.desk import Desk

#: Our own choice: more at once is nobody's need.
MOST_DRAFTS: Final = 20
#: Longer than anybody answers.
_MOST_ANSWERS: Final = 20


@dataclass(frozen=True, slots=True)
class Resumed:
    """A draft, and what changed in the item since it was saved, in words."""

    draft: Draft
    changes: tuple[str, ...]


def save_draft(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    item_id: str,
    draft_id: str,
    applicant: Applicant,
    situation: Sequence[Answer],
    form_json: str,
    delivery: DeliveryMethod,
    commitment: CommitmentChoice,
    expected_version: int,
) -> Draft:
    """Keeps what a signed-in citizen has filled in so far, by the item as it is now; nothing of it is judged yet.

    Raises ``Invalid`` on texts that no form has, ``Conflict`` (``item_not_published``, ``too_many_drafts``; a draft of
    another item, ``draft_not_for_item``), ``NotFound``, ``Forbidden``, ``Stale``.
    """
    before = desk.drafts.created_before(call)
    if before is not None:
        return before
    key = _holder(call)
    desk.reference.center(center_id)
    item = desk.reference.published_item(center_id, item_id)
    days = desk.reference.policy(center_id).integer("draft_days")
    kept = _own(desk, call, draft_id) if draft_id else _begun(desk, call, item, key)
    if kept.item_id != item.id or kept.center_id != center_id:
        raise Conflict("draft_not_for_item", "该草稿不是这个事项的，请重新选择事项。", id=kept.id)
    check_version(kept, expected_version)
    filled = replace(
        kept,
        item_version=item.item_version,
        item_name=item.name,
        applicant=_begun_applicant(applicant),
        situation=_known(item, situation),
        form_json=begun_form(form_json),
        delivery=delivery,
        commitment=commitment,
        saved_at=call.now,
        expires_at=call.now + timedelta(days=days),
    )
    return desk.drafts.save(filled, [], call) if draft_id else desk.drafts.create(filled, [], call)


def get_draft(*, desk: Desk, call: Call, draft_id: str) -> Resumed:
    """A citizen's own draft, to go on with. Raises ``NotFound``, ``Forbidden``."""
    draft = _own(desk, call, draft_id)
    return Resumed(draft, tuple(_changes(desk, draft)))


def list_drafts(*, desk: Desk, call: Call) -> tuple[Draft, ...]:
    """A citizen's own drafts, the last saved first. Raises ``Forbidden``."""
    found = desk.drafts.find("by_holder", holder_key=_holder(call), descending=True, limit=MOST_DRAFTS).items
    return tuple(draft for draft in found if draft.expires_at > call.now)


def open_draft(*, desk: Desk, call: Call, code: str, center_id: str) -> Resumed:
    """At a window, by the code that the citizen shows; it is written down who opened it (rules AG01).

    Raises ``NotFound`` (``draft_not_found``), also for another center's; ``Forbidden``.
    """
    call.actor.require(*WINDOW_ROLES)
    call.actor.require_center(center_id)
    draft = desk.drafts.find_unique("by_draft_code", code) if code else None
    if draft is None or draft.center_id != center_id or draft.expires_at <= call.now:
        raise draft_missing(code)
    opened = desk.drafts.save(draft, [DraftOpened(draft)], call)
    return Resumed(opened, tuple(_changes(desk, opened)))


def discard_draft(*, desk: Desk, call: Call, draft_id: str) -> None:
    """A citizen throws a draft away. Raises ``NotFound``, ``Forbidden``."""
    remove(desk, _own(desk, call, draft_id))


def handed_in(desk: Desk, call: Call, code: str) -> None:
    """What became an application isn't a draft any more; one that stays behind expires by itself."""
    draft = desk.drafts.find_unique("by_draft_code", code) if code else None
    if draft is None:
        return
    at_window = call.actor.has(*WINDOW_ROLES) and draft.center_id in call.actor.centers
    if at_window or draft.holder_key == holder_key(call.actor):
        remove(desk, draft)


def remove(desk: Desk, draft: Draft) -> None:
    """Takes a draft away for good: it is nobody's record."""
    desk.drafts.store.remove(desk.drafts.kind.name, [(draft.id, draft.version)])


def draft_missing(id: str) -> NotFound:
    """What is raised for a draft that isn't there, or is somebody else's."""
    return NotFound("draft_not_found", "没有找到该草稿，可能已提交、删除或者过期。", id=id[:80])


def _holder(call: Call) -> str:
    key = holder_key(call.actor)
    if not key:
        raise Forbidden("role_not_allowed", "请先登录再保存草稿。")
    return key


def _own(desk: Desk, call: Call, draft_id: str) -> Draft:
    key = _holder(call)
    draft = desk.drafts.find_by_id(draft_id)
    if draft is None or draft.holder_key != key or draft.expires_at <= call.now:
        raise draft_missing(draft_id)
    return draft


def _begun(desk: Desk, call: Call, item: ServiceItem, key: str) -> Draft:
    if desk.drafts.count("by_holder", holder_key=key, limit=MOST_DRAFTS) >= MOST_DRAFTS:
        raise Conflict("too_many_drafts", f"最多保存 {MOST_DRAFTS} 份草稿，请先提交或者删除。")
    return Draft(
        id=desk.ids.new_id(call.now),
        code=desk.ids.new_code(),
        center_id=item.center_id,
        item_id=item.id,
        item_version=item.item_version,
        item_name=item.name,
        holder_key=key,
        journey=desk.ids.new_id(call.now),
        applicant=Applicant("", "", ""),
        saved_at=call.now,
        expires_at=call.now,
    )


def _begun_applicant(applicant: Applicant) -> Applicant:
    """What was typed of the applicant, cleaned and not yet checked."""
    return Applicant(
        *(
            clean(getattr(applicant, name), field=f"applicant.{name}", max_length=longest, required=False)
            for name, longest in _LONGEST.items()
        )
    )


_LONGEST: Final = {"name": 100, "id_type": 20, "id_number": 30, "phone": 20, "address": 200, "agent_name": 100}


def _known(item: ServiceItem, situation: Iterable[Answer]) -> tuple[Answer, ...]:
    """The answers that the item still asks for."""
    options = {question.key: {option.key for option in question.options} for question in item.questions}
    said = {each.question: each for each in tuple(situation)[:_MOST_ANSWERS]}
    return tuple(said[key] for key in options if key in said and said[key].option in options[key])


def _changes(desk: Desk, draft: Draft) -> Iterator[str]:
    """What is another in the item since the draft was saved, in words (rules L01)."""
    now = desk.reference.published_item(draft.center_id, draft.item_id)
    if now.item_version == draft.item_version:
        return
    before = desk.reference.item(draft.item_id, draft.item_version)
    yield from _of_names(
        "材料", {each.key: each.name for each in before.materials}, {each.key: each.name for each in now.materials}
    )
    yield from _of_names(
        "情形问题",
        {each.key: each.label for each in before.questions},
        {each.key: each.label for each in now.questions},
    )
    yield from _of_names("表单内容", _fields(before), _fields(now))
    if before.promised_limit.text != now.promised_limit.text:
        yield f"承诺时限改为{now.promised_limit.text}"
    if (before.fees, before.fee_note) != (now.fees, now.fee_note):
        yield "收费有变化，请看办事指南"
    if (before.commitment is None) != (now.commitment is None):
        yield "现在可以采用告知承诺" if now.commitment is not None else "不再适用告知承诺"


def _of_names(what: str, before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for key, name in now.items():
        if key not in before:
            yield f"新增{what}“{name}”"
    for key, name in before.items():
        if key not in now:
            yield f"不再需要{what}“{name}”"


def _fields(item: ServiceItem) -> dict[str, str]:
    if not item.form_schema:
        return {}
    return {field.key: field.title for field in read_form(orjson.loads(item.form_schema)).fields}
