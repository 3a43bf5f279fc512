"""Applications begun online: saved, resumed, opened at a window, told what changed, gone (rules C15)."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import actor
from kit.workdays import Limit, Unit
from reference import Material, SituationOption, SituationQuestion
from reference.stored import StoredCopy
from reference.testing import CENTER_ID, ITEM_ID, sample_item
from services.intake.domain.application import Answer, Applicant, DeliveryMethod
from services.intake.domain.draft import Draft
from services.intake.domain.undertaking import CommitmentChoice
from services.intake.handlers.drafts import MOST_DRAFTS, discard_draft, get_draft, list_drafts, open_draft, save_draft
from services.intake.tests.intake_hall import APPLICANT, CITIZEN, CLERK, Hall

HOSTILE = "<script>alert('草')</script>"
FORM = orjson.dumps({"type": "object", "properties": {"shop": {"type": "string", "title": "店名"}}}).decode()
PLACE = SituationQuestion("place", "场所", (SituationOption("own", "自有"), SituationOption("let", "租赁")))
OTHER = Actor("citizen:somebody-else", "李四", frozenset({"citizen"}))


def saved(hall: Hall, who: Any = CITIZEN, **changes: Any) -> Draft:
    arguments: dict[str, Any] = {
        "center_id": CENTER_ID,
        "item_id": ITEM_ID,
        "draft_id": "",
        "applicant": replace(APPLICANT, name=HOSTILE, id_number="还没填"),
        "situation": (),
        "form_json": orjson.dumps({"shop": HOSTILE, "half": None}).decode(),
        "delivery": DeliveryMethod.POST,
        "commitment": CommitmentChoice.NOT_OFFERED,
        "expected_version": 0,
    }
    return save_draft(desk=hall.desk, call=hall.by(who), **(arguments | changes))


def resumed(hall: Hall, draft: Draft, who: Any = CITIZEN) -> tuple[Draft, tuple[str, ...]]:
    found = get_draft(desk=hall.desk, call=hall.by(who), draft_id=draft.id)
    return found.draft, found.changes


def opened(hall: Hall, code: str, who: Any = CLERK, center: str = CENTER_ID) -> Draft:
    return open_draft(desk=hall.desk, call=hall.by(who), code=code, center_id=center).draft


def test_what_was_typed_is_kept_as_it_is_and_nobody_is_told(hall: Hall) -> None:
    draft, changes = resumed(hall, saved(hall))
    assert (draft.applicant.name, draft.applicant.id_number) == (HOSTILE, "还没填")
    assert orjson.loads(draft.form_json)["shop"] == HOSTILE
    assert changes == ()
    assert hall.told() == []


def test_it_is_saved_again_and_not_over_what_was_saved_elsewhere(hall: Hall) -> None:
    draft = saved(hall)
    again = saved(hall, draft_id=draft.id, applicant=APPLICANT, expected_version=draft.version)
    assert (again.id, again.code, again.applicant.name) == (draft.id, draft.code, "张三丰")
    with pytest.raises(Stale):
        saved(hall, draft_id=draft.id, expected_version=draft.version)
    assert [each.id for each in list_drafts(desk=hall.desk, call=hall.by(CITIZEN))] == [draft.id]


def test_nobody_reads_changes_or_throws_away_anothers(hall: Hall) -> None:
    draft = saved(hall)
    with pytest.raises(NotFound):
        resumed(hall, draft, OTHER)
    with pytest.raises(NotFound):
        saved(hall, OTHER, draft_id=draft.id)
    with pytest.raises(NotFound):
        discard_draft(desk=hall.desk, call=hall.by(OTHER), draft_id=draft.id)
    with pytest.raises(Forbidden):
        saved(hall, CLERK)


def test_a_window_of_the_center_opens_it_by_its_code_on_the_record(hall: Hall) -> None:
    draft = saved(hall)
    assert opened(hall, draft.code).applicant.name == HOSTILE
    assert hall.told() == ["draft_opened"]
    assert HOSTILE.encode() not in hall.events[0].data
    for code, who, center in ((draft.code, actor("clerk", center="610903"), "610903"), ("nothing", CLERK, CENTER_ID)):
        with pytest.raises(NotFound):
            opened(hall, code, who, center)
    with pytest.raises(Forbidden):
        opened(hall, draft.code, CITIZEN)


def test_of_an_older_version_it_tells_what_changed(hall: Hall) -> None:
    draft = saved(hall)
    newer = sample_item(
        item_version=2,
        version=2,
        materials=(Material("application-form", "申请书"), Material("photo", "照片")),
        questions=(PLACE,),
        form_schema=FORM,
        promised_limit=Limit(5, Unit.WORKING_DAY, "服务承诺"),
        fee_note="减免",
    )
    StoredCopy(hall.store).put_published(newer)
    _, changes = resumed(hall, draft)
    assert set(changes) == {
        "新增材料“照片”",
        "不再需要材料“平面图”",
        "新增情形问题“场所”",
        "新增表单内容“店名”",
        f"承诺时限改为{newer.promised_limit.text}",
        "收费有变化，请看办事指南",
    }
    again = saved(hall, draft_id=draft.id, situation=(Answer("place", "own"), Answer("gone", "x")))
    assert again.situation == (Answer("place", "own"),)
    assert resumed(hall, again)[1] == ()


def test_handed_in_it_is_gone(hall: Hall) -> None:
    draft = saved(hall)
    hall.received(CITIZEN, draft_code=draft.code)
    with pytest.raises(NotFound):
        resumed(hall, draft)


def test_somebody_else_who_names_its_code_does_not_take_it_away(hall: Hall) -> None:
    draft = saved(hall)
    hall.received(actor("clerk", id="staff-1", center=CENTER_ID), draft_code="")
    other = replace(CITIZEN, id="citizen:other")
    hall.received(
        other,
        draft_code=draft.code,
        applicant=Applicant("某公司", "credit_code", "91110000600037341L", "13800005678", agent_name="李四"),
    )
    assert resumed(hall, draft)[0].id == draft.id


def test_it_expires_by_the_centers_days(hall: Hall) -> None:
    draft = saved(hall)
    hall.pass_time(days=29)
    assert resumed(hall, draft)[0].id == draft.id
    hall.pass_time(days=2)
    assert hall.desk.drafts.find_by_id(draft.id) is None


def test_there_are_not_too_many_and_one_is_for_one_item(hall: Hall) -> None:
    draft = saved(hall)
    with pytest.raises(Invalid, match="form_invalid"):
        saved(hall, draft_id=draft.id, form_json="[]")
    with pytest.raises(Conflict, match="draft_not_for_item"):
        saved(hall, draft_id=draft.id, item_id="item-card")
    for _ in range(MOST_DRAFTS - 1):
        saved(hall)
    with pytest.raises(Conflict, match="too_many_drafts"):
        saved(hall)
    discard_draft(desk=hall.desk, call=hall.by(CITIZEN), draft_id=draft.id)
    saved(hall)
