"""Materials that come from what is on file: offered, taken, counted, and noticed when they hold no more."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kit.actor import Actor, service_actor
from kit.call import Call
from kit.consumer import Delivery
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from kit.events import Event, event_type
from kit.testing import MONDAY, actor, refused
from kit.timestamps import to_timestamp
from reference import Material as WantedMaterial
from reference.testing import immediate_item, sample_item
from services.intake.domain.application import Application
from services.intake.domain.material import Declared, Material, MaterialState, Upload
from services.intake.handlers import judge, materials, reusing
from services.intake.handlers.library import OnFile
from services.intake.tests.intake_hall import CITIZEN, CLERK, Hall, build_hall
from tongban.certificates.v1 import events_pb2
from tongban.certificates.v1 import messages_pb2 as holdings

CARD = WantedMaterial("id-card", "身份证", obtained="reuse", trust="B")
FORM = WantedMaterial("application-form", "申请书")
SCAN = Upload("a" * 64, "身份证.pdf", "application/pdf", 9)
ON_FILE = OnFile("id-card", "h-1", "身份证", "B", "", "", date(2027, 11, 23), "61090220261123001", False, (SCAN,))
UPLOADED = replace(ON_FILE, trust="C", needs_original=True)
COMPLETE = (Declared("application-form", MaterialState.HANDED_IN, originals=1),)


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    made = build_hall(tmp_path / "hall", items=[sample_item(materials=(FORM, CARD)), immediate_item()])
    made.desk.library.papers["id-card"] = ON_FILE  # type: ignore[attr-defined]
    return made


def library(hall: Hall) -> Any:
    return hall.desk.library


def take(hall: Hall, application: Application, who: Actor = CLERK, **changes: Any) -> Application:
    arguments: dict[str, Any] = {
        "application_id": application.id,
        "code": "",
        "material_key": "id-card",
        "holding_id": "h-1",
        "original_seen": False,
        "expected_version": 0,
    }
    return reusing.reuse_material(desk=hall.desk, call=hall.by(who), **(arguments | changes))


def offered(hall: Hall, application: Application, who: Actor = CLERK) -> list[str]:
    offers = reusing.list_reusable_materials(desk=hall.desk, call=hall.by(who), application_id=application.id, code="")
    return [each.holding_id for each in offers.found]


def accept(hall: Hall, application: Application) -> Application:
    return judge.accept_application(desk=hall.desk, call=hall.by(), application_id=application.id, expected_version=0)


def card(application: Application) -> Material:
    found = application.material("id-card")
    assert found is not None
    return found


def ended(hall: Hall, application: Application, *, holding: str = "h-1", id: str = "e-1") -> None:
    """Certificates tells that a paper holds no more, twice."""
    use = holdings.HoldingUse(application_id=application.id, material_key="id-card")
    message = events_pb2.HoldingEnded(
        holding=holdings.Holding(id=holding, end_reason="查实系伪造", ended_at=to_timestamp(MONDAY), uses=[use])
    )
    event = Event(
        id=id,
        type=event_type("certificates", "HoldingEnded"),
        source="local/certificates",
        subject=holding,
        journey="j-0",
        at=MONDAY,
        data=message.SerializeToString(),
    )
    listens = reusing.subscription(hall.desk)
    for _ in range(2):
        listens.handlers[event.type](Delivery(event, listens.group, Call(service_actor("intake"), hall.clock.now())))


def test_a_window_takes_what_is_on_file_and_accepts_on_it(hall: Hall) -> None:
    received = hall.received(declared=COMPLETE)
    assert offered(hall, received) == ["h-1"]
    with refused(hall.store, "materials_incomplete"):
        accept(hall, received)
    taken = take(hall, received)
    assert card(taken).state is MaterialState.HANDED_IN
    reuse = card(taken).reuse
    assert reuse is not None
    assert (reuse.trust, reuse.sha256, reuse.reused_by_name) == ("B", (SCAN.sha256,), "测试人员")
    assert card(taken).uploads == (SCAN,)
    assert library(hall).used == [(received.id, "id-card", "h-1")]
    assert accept(hall, taken).state.value == "accepted"
    assert hall.told()[:3] == ["application_received", "material_reused", "application_accepted"]


def test_an_applicant_takes_their_own_online(hall: Hall) -> None:
    received = hall.received(CITIZEN, declared=())
    assert offered(hall, received, CITIZEN) == ["h-1"]
    reuse = card(take(hall, received, CITIZEN, original_seen=True)).reuse
    assert reuse is not None
    assert reuse.reused_by_name == ""
    assert not card(hall.now(received)).original_seen


def test_whoever_applies_for_somebody_else_hands_it_in(hall: Hall) -> None:
    other = replace(
        hall.received(CITIZEN, declared=()).applicant, id_type="passport", id_number="E12345678", agent_name="李四"
    )
    received = hall.received(CITIZEN, declared=(), applicant=other)
    assert offered(hall, received, CITIZEN) == []
    with refused(hall.store, "reuse_not_self"):
        take(hall, received, CITIZEN)


def test_another_center_and_a_stranger_take_nothing(hall: Hall) -> None:
    received = hall.received(declared=COMPLETE)
    with refused(hall.store):
        take(hall, received, actor("clerk", center="610900"))
    with pytest.raises(NotFound):
        take(hall, received, Actor("citizen:somebody", "李四", frozenset({"citizen"})))
    with pytest.raises(Forbidden):
        offered(hall, received, actor("reviewer"))


def test_an_upload_on_file_counts_once_its_original_is_seen(hall: Hall) -> None:
    library(hall).papers["id-card"] = UPLOADED
    received = take(hall, hall.received(declared=COMPLETE))
    assert card(received).state is MaterialState.INCOMPLETE
    with refused(hall.store, "materials_incomplete"):
        accept(hall, received)
    for declared, code in ((0, "original_not_seen"), (1, "")):
        said = Declared("id-card", MaterialState.HANDED_IN, originals=declared)
        if code:
            with pytest.raises(Invalid, match=code):
                record(hall, received, said)
        else:
            record(hall, received, said)
    assert card(hall.now(received)).original_seen
    assert accept(hall, received).state.value == "accepted"


def record(hall: Hall, application: Application, declared: Declared) -> Application:
    return materials.record_material(
        desk=hall.desk, call=hall.by(), application_id=application.id, declared=declared, expected_version=0
    )


def test_a_window_that_has_the_original_before_it_says_so_at_once(hall: Hall) -> None:
    library(hall).papers["id-card"] = UPLOADED
    taken = take(hall, hall.received(declared=COMPLETE), original_seen=True)
    assert card(taken).original_seen
    assert accept(hall, taken).state.value == "accepted"


def test_a_library_that_is_down_offers_nothing_and_stops_nothing(hall: Hall) -> None:
    library(hall).trouble = Unavailable("service_unavailable", "服务暂不可用，请稍后重试。")
    received = hall.received(declared=COMPLETE)
    offers = reusing.list_reusable_materials(desk=hall.desk, call=hall.by(), application_id=received.id, code="")
    assert (offers.found, offers.library_down) == ((), True)
    with refused(hall.store, "service_unavailable"):
        take(hall, received)
    record(hall, received, Declared("id-card", MaterialState.HANDED_IN, originals=1))
    assert accept(hall, received).state.value == "accepted"


def test_what_certificates_refuses_is_refused(hall: Hall) -> None:
    received = hall.received(declared=COMPLETE)
    for code in ("holding_expired", "holding_revoked", "holding_withdrawn"):
        library(hall).trouble = Conflict(code, "这份证照或材料已失效，请提交新的材料。")
        with refused(hall.store, code):
            take(hall, received)


def test_only_what_its_item_lets_come_from_the_file_does(hall: Hall) -> None:
    received = hall.received(declared=())
    library(hall).papers["application-form"] = replace(ON_FILE, material_key="application-form")
    assert offered(hall, received) == ["h-1"]
    with refused(hall.store, "material_not_reusable"):
        take(hall, received, material_key="application-form")
    with refused(hall.store, "material_unknown"):
        take(hall, received, material_key="passport")


def test_what_is_there_already_or_judged_is_not_taken_again(hall: Hall) -> None:
    received = hall.received(declared=COMPLETE)
    taken = take(hall, received)
    assert offered(hall, taken) == []
    with refused(hall.store, "material_in_order"):
        take(hall, taken)
    accept(hall, taken)
    assert offered(hall, taken) == []
    with refused(hall.store, "application_already_judged"):
        take(hall, taken)


def test_what_expired_since_it_was_taken_bars_the_acceptance(hall: Hall) -> None:
    library(hall).papers["id-card"] = replace(ON_FILE, valid_until=date(2026, 11, 23))
    taken = take(hall, hall.received(declared=COMPLETE))
    hall.clock.advance(MONDAY.resolution * 86_400_000_000)
    with refused(hall.store, "reused_material_expired"):
        accept(hall, taken)


def test_what_is_revoked_before_the_judgement_is_wanted_again(hall: Hall) -> None:
    taken = take(hall, hall.received(declared=COMPLETE))
    ended(hall, taken)
    now = hall.now(taken)
    assert card(now).state is MaterialState.INCOMPLETE
    assert "查实系伪造" in card(now).problem
    assert hall.told().count("material_reuse_ended") == 1
    with refused(hall.store, "materials_incomplete"):
        accept(hall, now)
    with refused(hall.store, "reuse_ended"):
        record(hall, now, Declared("id-card", MaterialState.HANDED_IN))
    mended = record(hall, now, Declared("id-card", MaterialState.HANDED_IN, originals=1))
    assert card(mended).reuse is None
    assert accept(hall, mended).state.value == "accepted"


def test_what_is_revoked_after_the_judgement_is_noted_with_the_application(hall: Hall) -> None:
    accepted = accept(hall, take(hall, hall.received(declared=COMPLETE)))
    ended(hall, accepted)
    reuse = card(hall.now(accepted)).reuse
    assert reuse is not None
    assert reuse.end_reason == "查实系伪造"
    assert card(hall.now(accepted)).state is MaterialState.HANDED_IN


def test_another_papers_end_changes_nothing(hall: Hall) -> None:
    taken = take(hall, hall.received(declared=COMPLETE))
    ended(hall, taken, holding="h-2")
    assert hall.now(taken) == taken


def test_a_file_handed_in_after_all_makes_what_was_taken_go(hall: Hall) -> None:
    taken = take(hall, hall.received(CITIZEN, declared=()), CITIZEN)
    _, upload = materials.upload_material(
        desk=hall.desk,
        call=hall.by(CITIZEN),
        application_id=taken.id,
        code="",
        material_key="id-card",
        filename="新.pdf",
        media_type="application/pdf",
        chunks=[b"%PDF-1.4 new\n%%EOF\n"],
    )
    assert card(hall.now(taken)).reuse is None
    assert card(hall.now(taken)).uploads == (upload,)
