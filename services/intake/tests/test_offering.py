"""What is on file, offered on the online form, and taken as the application is handed in (rules C15)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from reference.testing import CENTER_ID, ITEM_ID, immediate_item, sample_item
from services.intake.domain.application import Answer, Application
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.reuse import Choice
from services.intake.handlers.access import holder_key
from services.intake.handlers.library import Offers
from services.intake.handlers.offering import list_material_offers
from services.intake.tests.intake_hall import CITIZEN, CLERK, Hall, build_hall
from services.intake.tests.test_reuse import CARD, FORM, ON_FILE, UPLOADED, accept, card, library

CHOSEN = (Choice("id-card", "h-1"),)
COMPLETE = (Declared("application-form", MaterialState.HANDED_IN, originals=1),)


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    made = build_hall(tmp_path / "hall", items=[sample_item(materials=(FORM, CARD)), immediate_item()])
    made.desk.library.papers["id-card"] = ON_FILE  # type: ignore[attr-defined]
    return made


def offers(hall: Hall, who: Actor = CITIZEN, item: str = ITEM_ID, **changes: Any) -> Offers:
    arguments: dict[str, Any] = {"center_id": CENTER_ID, "item_id": item, "situation": ()}
    return list_material_offers(desk=hall.desk, call=hall.by(who), **(arguments | changes))


def handed_in(hall: Hall, who: Actor = CITIZEN, **changes: Any) -> Application:
    return hall.received(who, **({"declared": (), "chosen": CHOSEN} | changes))


def test_a_citizen_is_offered_what_is_on_file_of_themselves_before_there_is_an_application(hall: Hall) -> None:
    found = offers(hall)
    assert [(each.material_key, each.holding_id) for each in found.found] == [("id-card", "h-1")]
    (asked,) = library(hall).asked
    assert (asked.holder_key, asked.application_id) == (holder_key(CITIZEN), "")
    assert asked.purpose.startswith("填写网上申请：")


def test_nobody_is_asked_for_anybody_else(hall: Hall) -> None:
    with pytest.raises(Forbidden, match="role_not_allowed"):
        offers(hall, CLERK)
    with pytest.raises(Invalid, match="situation_unknown"):
        offers(hall, situation=(Answer("nothing", "x"),))
    assert library(hall).asked == []


def test_nothing_is_asked_for_an_item_whose_papers_are_handed_in(hall: Hall) -> None:
    assert offers(hall, item=immediate_item().id) == Offers()
    assert library(hall).asked == []


def test_a_library_that_is_down_is_said_and_stops_nothing(hall: Hall) -> None:
    library(hall).trouble = Unavailable("service_unavailable", "服务暂不可用，请稍后重试。")
    assert offers(hall) == Offers(library_down=True)
    assert card(handed_in(hall, chosen=())).state is MaterialState.MISSING
    with pytest.raises(Unavailable, match="身份证") as told:
        handed_in(hall)
    assert told.value.details["field"] == "chosen.id-card"


def test_what_was_chosen_is_taken_as_it_is_handed_in(hall: Hall) -> None:
    received = handed_in(hall)
    reuse = card(received).reuse
    assert reuse is not None
    assert (card(received).state, reuse.holding_id, reuse.reused_by_name) == (MaterialState.HANDED_IN, "h-1", "")
    assert library(hall).used == [(received.id, "id-card", "h-1")]
    assert hall.told() == ["application_received", "material_reused"]


def test_an_upload_on_file_that_was_chosen_waits_for_its_original(hall: Hall) -> None:
    library(hall).papers["id-card"] = UPLOADED
    assert card(handed_in(hall)).state is MaterialState.INCOMPLETE


def test_what_was_chosen_and_holds_no_more_is_refused_with_its_material_named(hall: Hall) -> None:
    library(hall).trouble = Conflict("holding_expired", "这份证照或材料已过有效期，请提交新的材料。")
    with pytest.raises(Conflict, match="holding_expired") as told:
        handed_in(hall)
    assert "身份证" in told.value.message
    assert told.value.details["field"] == "chosen.id-card"
    library(hall).trouble = None
    with pytest.raises(NotFound, match="holding_not_found"):
        handed_in(hall, chosen=(Choice("id-card", "withdrawn"),))
    assert hall.told() == [], "nothing was received"


def test_whoever_applies_for_somebody_else_takes_nothing(hall: Hall) -> None:
    own = handed_in(hall, chosen=()).applicant
    other = replace(own, id_type="passport", id_number="E12345678", agent_name="李四")
    with pytest.raises(Forbidden, match="reuse_not_self"):
        handed_in(hall, applicant=other)
    assert library(hall).used == []


def test_only_what_the_item_lets_come_from_the_file_is_taken(hall: Hall) -> None:
    with pytest.raises(Conflict, match="material_not_reusable"):
        handed_in(hall, chosen=(Choice("application-form", "h-1"),))
    with pytest.raises(Invalid, match="material_unknown"):
        handed_in(hall, chosen=(Choice("passport", "h-1"),))


def test_a_window_takes_what_the_draft_chose_but_not_what_lies_before_it(hall: Hall) -> None:
    paper = Declared("id-card", MaterialState.HANDED_IN, originals=1)
    shown = handed_in(hall, CLERK, declared=(*COMPLETE, paper))
    assert card(shown).reuse is None
    received = handed_in(hall, CLERK, declared=COMPLETE)
    reuse = card(received).reuse
    assert reuse is not None
    assert reuse.reused_by_name
    assert accept(hall, received).state.value == "accepted"
