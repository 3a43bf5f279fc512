"""Journeys: a line an event, once, in order; who sees which; the books."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.actor import PUBLIC, Actor
from kit.call import Call
from kit.errors import Forbidden, Invalid, NotFound
from kit.testing import MONDAY, actor
from reference.testing import filled, sample_center
from services.supervision import queries
from services.supervision.domain.lines import JourneyLine, in_order
from services.supervision.events.decoding import MESSAGES
from services.supervision.events.titles import TITLES, tell
from services.supervision.queries import Journey
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.complaint.v1 import events_pb2 as complaint_events
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.evaluation.v1 import events_pb2 as evaluation_events
from tongban.evaluation.v1 import messages_pb2 as evaluation
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake
from tongban.queuing.v1 import events_pb2 as queuing_events
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.workforce.v1 import events_pb2 as workforce_events

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CLERK = actor("clerk")
ADMIN = actor("admin", center="610900")
TICKET = queuing.Ticket(
    id="t-1",
    center_id="610902",
    number="A012",
    item_name="食品经营许可",
    window_number="01",
    code="code-t",
    journey="j-1",
)


def taken(center_id: str = "610902", code: str = "code-t") -> queuing_events.TicketTaken:
    ticket = queuing.Ticket(center_id=center_id, number="A012", item_name="食品经营许可", code=code)
    return queuing_events.TicketTaken(ticket=ticket)


def look(bench: "Bench", who: Actor = CLERK, *, id: str = "", code: str = "") -> Journey:
    return queries.get_journey(tower=bench.tower, call=Call(who, bench.clock.now()), journey_id=id, code=code)


def titles(journey: Journey) -> list[str]:
    return [line.title for line in journey.lines]


def tally(bench: "Bench", who: Actor = ADMIN, center_id: str = "") -> dict[str, int]:
    return queries.count_events(tower=bench.tower, call=Call(who, MONDAY), center_id=center_id)


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_visit_is_told_in_order_in_the_words_of_the_hall(bench: "Bench") -> None:
    bench.deliver("queuing", queuing_events.TicketTaken(ticket=TICKET))
    bench.clock.advance(timedelta(minutes=5))
    bench.deliver("queuing", queuing_events.TicketCalled(ticket=TICKET))
    bench.deliver("queuing", queuing_events.ServingStarted(ticket=TICKET))
    bench.clock.advance(timedelta(minutes=5))
    application = intake.Application(center_id="610902", number="610902-1", code="code-a")
    bench.deliver("intake", intake_events.ApplicationAccepted(application=application))
    bench.clock.advance(timedelta(days=3))
    decided = approval.Case(
        center_id="610902", number="610902-1", decision=approval.Decision(outcome=approval.OUTCOME_DENIED)
    )
    bench.deliver("approval_routing", approval_events.CaseDecided(case=decided))
    judged = evaluation.Evaluation(center_id="610902", level=evaluation.LEVEL_DISSATISFIED)
    bench.deliver("evaluation", evaluation_events.EvaluationSubmitted(evaluation=judged))
    journey = look(bench, id="j-1")
    assert titles(journey) == [
        "取号 A012：食品经营许可",
        "叫号 A012，请到 01 号窗口",
        "01 号窗口开始办理 A012",
        "受理 610902-1",
        "作出决定：不予许可",
        "评价：不满意",
    ]
    first = journey.lines[0]
    assert (first.at, first.actor_name, first.rules, first.service) == (MONDAY, "王工", "rules A01", "queuing")


def test_within_a_millisecond_lines_stand_in_the_order_of_a_visits_life(bench: "Bench") -> None:
    bench.deliver("queuing", queuing_events.TicketFinished(ticket=TICKET), id="a")
    bench.deliver("queuing", queuing_events.ServingStarted(ticket=TICKET), id="b")
    bench.deliver("queuing", queuing_events.TicketTaken(ticket=TICKET), id="c")
    assert [line.type.split(".")[2] for line in look(bench, id="j-1").lines] == [
        "ticket_taken",
        "serving_started",
        "ticket_finished",
    ]


def test_an_event_that_comes_again_has_one_line_and_is_counted_once(bench: "Bench") -> None:
    event = bench.deliver("queuing", taken())
    bench.receive(event)
    bench.receive(event)
    assert len(look(bench, id="j-1").lines) == 1
    assert tally(bench) == {event.type: 1}


def test_an_event_that_this_release_does_not_know_is_told_by_its_type_to_staff(bench: "Bench") -> None:
    bench.deliver("queuing", taken())
    bench.clock.advance(timedelta(seconds=1))
    bench.deliver("queuing", queuing_events.TicketHeld(), type="tongban.queuing.ticket_painted.v9")
    assert titles(look(bench, id="j-1")) == ["取号 A012：食品经营许可", "tongban.queuing.ticket_painted.v9"]
    assert titles(look(bench, PUBLIC, code="code-t")) == ["取号 A012：食品经营许可"]


def test_fields_of_a_newer_release_do_not_get_in_the_way(bench: "Bench") -> None:
    event = bench.deliver("queuing", taken(), journey="j-0")
    unknown_field = b"\xba\x3e\x03new"  # number 999, a text
    bench.receive(replace(event, id="newer", journey="j-1", data=event.data + unknown_field))
    assert titles(look(bench, id="j-1")) == ["取号 A012：食品经营许可"]


def test_broken_content_is_refused_and_leaves_no_line(bench: "Bench") -> None:
    event = bench.deliver("queuing", taken(), journey="j-0")
    with pytest.raises(Invalid, match="event_undecodable"):
        bench.receive(replace(event, id="broken", journey="j-1", data=b"\xff\xff"))
    assert sum(tally(bench).values()) == 1


def test_braces_in_what_people_typed_stay_text(bench: "Bench") -> None:
    ticket = queuing.Ticket(center_id="610902", number="A1", item_name="{e.ticket.code} {0} %s")
    bench.deliver("queuing", queuing_events.TicketTaken(ticket=ticket))
    assert titles(look(bench, id="j-1")) == ["取号 A1：{e.ticket.code} {0} %s"]


@given(st.permutations([(1, 5, "a"), (1, 5, "b"), (1, 7, "a"), (2, 0, "c"), (3, 0, "d")]))
def test_the_order_does_not_depend_on_the_order_of_arrival(keys: list[tuple[int, int, str]]) -> None:
    lines = tuple(
        JourneyLine(id, "j", "c", MONDAY + timedelta(seconds=at), rank, "", "", "", "", True, "", "", "", "")
        for at, rank, id in keys
    )
    ordered = [((line.at - MONDAY).seconds, line.rank, line.id) for line in in_order(lines)]
    assert ordered == sorted(keys)


@pytest.mark.parametrize("type", TITLES)
def test_every_title_can_be_told_of_an_empty_event(type: str) -> None:
    """A title that reads a field that isn't there would dead-letter the event."""
    told = tell(type, MESSAGES[type]())
    assert told.title != type


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_any_code_of_the_visit_opens_it(bench: "Bench") -> None:
    bench.deliver("queuing", taken())
    bench.deliver("intake", intake_events.ApplicationReceived(application=intake.Application(code="code-a")))
    bench.deliver("evaluation", evaluation_events.EvaluationInvited(evaluation=evaluation.Evaluation(code="code-t")))
    bench.deliver(
        "complaint", complaint_events.ComplaintFiled(complaint=complaint.Complaint(center_id="610902", code="code-c"))
    )
    for code in ("code-t", "code-a", "code-c"):
        assert len(look(bench, PUBLIC, code=code).lines) == 4


@pytest.mark.parametrize("code", ["nothing", "' OR 1=1 --", "code-T"])
def test_a_code_that_nobody_holds_opens_nothing(bench: "Bench", code: str) -> None:
    bench.deliver("queuing", taken())
    with pytest.raises(NotFound, match="journey_not_found"):
        look(bench, PUBLIC, code=code)


def test_a_code_opens_no_other_visit_than_its_own(bench: "Bench") -> None:
    bench.deliver("queuing", taken())
    bench.deliver("queuing", taken(code="code-2"), journey="j-2")
    assert look(bench, PUBLIC, id="j-1", code="code-t").id == "j-1"
    with pytest.raises(NotFound, match="journey_not_found"):
        look(bench, PUBLIC, id="j-2", code="code-t")


def test_the_holder_sees_no_internal_lines_and_staff_do(bench: "Bench") -> None:
    bench.deliver("queuing", taken())
    bench.clock.advance(timedelta(seconds=1))
    shown = intake_events.ApplicantShown(application_id="a-1", center_id="610902", purpose="核对身份")
    bench.deliver("intake", shown)
    case = approval.Case(center_id="610902", steps=[approval.CaseStep(key="s1", name="审查")])
    bench.clock.advance(timedelta(seconds=1))
    bench.deliver("approval_routing", approval_events.StepReturned(case=case, step_key="s1", reason="材料存疑"))
    assert titles(look(bench, PUBLIC, code="code-t")) == ["取号 A012：食品经营许可"]
    lines = look(bench, id="j-1").lines
    assert [line.title for line in lines] == ["取号 A012：食品经营许可", "查看申请人信息", "环节“审查”退回上一环节"]
    assert [line.note for line in lines] == ["", "核对身份", "材料存疑"]


def test_staff_see_what_their_own_centers_did(bench: "Bench") -> None:
    bench.deliver("queuing", taken("610902"))
    bench.deliver("queuing", taken("610900", code="code-2"))
    assert [line.center_id for line in look(bench, id="j-1").lines] == ["610902"]
    with pytest.raises(NotFound, match="journey_not_found"):
        look(bench, actor("clerk", center="610921"), id="j-1")


def test_nobody_sees_a_visit_by_its_id_without_a_center(bench: "Bench") -> None:
    bench.deliver("queuing", taken())
    for id in ("j-1", "nothing", ""):
        with pytest.raises(Forbidden, match="code_required"):
            look(bench, PUBLIC, id=id)


def test_events_of_no_visit_make_no_journey_but_are_counted(bench: "Bench") -> None:
    bench.deliver("workforce", workforce_events.SignedIn(staff_id="s-1", center_id="610902"), journey="")
    item = catalog.ServiceItem(id="i-1", center_id="610902")
    bench.deliver("catalog", catalog_events.ItemPublished(item=item), journey="")
    with pytest.raises(NotFound):
        look(bench, id="")
    assert len(tally(bench)) == 2


def test_a_journey_too_long_for_one_answer_says_so(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries.lists, "MAX_LINES", 3)
    for n in range(3):
        bench.deliver("queuing", taken(code=f"code-{n}"))
    assert not look(bench, id="j-1").truncated
    bench.deliver("queuing", taken())
    journey = look(bench, id="j-1")
    assert (len(journey.lines), journey.truncated) == (3, True)
    assert look(bench, PUBLIC, code="code-0").truncated


# ── The books ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_tally_counts_by_type_and_center(bench: "Bench") -> None:
    for n in range(3):
        bench.deliver("queuing", taken(), journey=f"j-{n}")
    bench.deliver("queuing", queuing_events.TicketTransferred(ticket=TICKET))
    bench.deliver("queuing", taken("610900"))
    filled(bench.store, centers=[sample_center("610900")])
    changed = catalog_events.CenterChanged(center=catalog.Center(id="610900"))
    bench.deliver("catalog", changed, journey="")
    prefix = "tongban.queuing.ticket_"
    assert tally(bench, actor("supervisor"), "610902") == {f"{prefix}taken.v1": 3, f"{prefix}transferred.v1": 1}
    assert tally(bench, ADMIN, "610900") == {f"{prefix}taken.v1": 1, "tongban.catalog.center_changed.v1": 1}
    assert tally(bench) == {
        f"{prefix}taken.v1": 4,
        f"{prefix}transferred.v1": 1,
        "tongban.catalog.center_changed.v1": 1,
    }


def test_the_whole_sites_books_are_for_its_operators(bench: "Bench") -> None:
    with pytest.raises(Forbidden):
        tally(bench, actor("supervisor"))
    with pytest.raises(Forbidden, match="center_not_allowed"):
        tally(bench, actor("supervisor"), "610900")


def test_a_type_that_begins_like_another_is_counted_by_itself(bench: "Bench") -> None:
    for n, type in enumerate(["b.v1", "b.v10", "b.v1", "b_c.v1"]):
        bench.deliver("queuing", taken(), id=f"e-{n}", type=f"tongban.queuing.{type}")
    assert tally(bench) == {"tongban.queuing.b.v1": 2, "tongban.queuing.b.v10": 1, "tongban.queuing.b_c.v1": 1}
