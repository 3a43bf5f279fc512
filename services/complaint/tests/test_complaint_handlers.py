"""Filing a complaint and bringing it to its end, on the real embedded store."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import actor
from reference.testing import DEPARTMENT
from services.complaint import handlers, queries
from services.complaint.domain import ComplaintState, Liability, Source
from tongban.complaint.v1 import events_pb2

if TYPE_CHECKING:
    from services.complaint.tests.conftest import Bench

SUPERVISOR = actor("supervisor", id="supervisor-1")
ELSEWHERE = actor("supervisor", id="supervisor-2", center="610900")
CLERK = actor("clerk", id="clerk-1")


# ── Filing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_files_one_with_a_number_and_a_promise(bench: "Bench") -> None:
    first, second = bench.file(), bench.file()
    assert (first.number, second.number) == ("TS610902-2026-00001", "TS610902-2026-00002")
    assert (first.source, first.taken_by) == (Source.PAGE, "")
    # Five working days after Monday, 23 November.
    assert first.promise.due_at.date().isoformat() == "2026-11-30"


def test_a_phone_call_names_who_took_it(bench: "Bench") -> None:
    complaint = bench.file(CLERK)
    assert (complaint.source, complaint.taken_by) == (Source.PHONE, "clerk-1")


@pytest.mark.parametrize("source", [Source.PHONE, Source.INSPECTION])
def test_the_public_takes_no_calls_and_inspects_nothing(bench: "Bench", source: Source) -> None:
    with pytest.raises(Forbidden, match="source_not_allowed"):
        bench.file(source=source)
    assert bench.told() == []


def test_staff_file_for_their_own_center_only(bench: "Bench") -> None:
    with pytest.raises(Forbidden, match="center_not_allowed"):
        bench.file(ELSEWHERE)


def test_an_unknown_center_takes_none(bench: "Bench") -> None:
    with pytest.raises(NotFound, match="center_unknown"):
        bench.file(center_id="999999")


def test_an_anonymous_one_keeps_neither_name_nor_phone(bench: "Bench") -> None:
    complaint = bench.file(anonymous=True)
    assert complaint.complainant is None
    kept = bench.store.get("complaint", complaint.id)
    assert kept is not None
    assert "张三" not in str(kept.body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "text_required"),
        ({"phone": ""}, "text_required"),
        ({"phone": "not a phone"}, "phone_invalid"),
        ({"phone": "1380000' OR '1'='1"}, "phone_invalid"),
        ({"text": " "}, "text_required"),
        ({"text": "长" * 2001}, "text_too_long"),
        ({"text": "a\x00b"}, "text_invalid"),
        ({"journey": "../etc"}, "link_invalid"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(bench: "Bench", changes: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        bench.file(**changes)  # type: ignore[arg-type]
    assert bench.told() == []
    assert bench.file().number.endswith("00001")


def test_what_looks_like_code_stays_text(bench: "Bench") -> None:
    text = "<script>alert(1)</script>\n'; DROP TABLE x; --"
    assert bench.room.complaints.get(bench.file(text=text).id).text == text


def test_a_linked_one_goes_on_with_the_visits_journey(bench: "Bench") -> None:
    linked, alone = bench.file(journey="j-visit"), bench.file()
    assert linked.subject.journey == "j-visit"
    assert alone.subject.journey not in ("", "j-visit")
    assert [event.journey for event in bench.told()] == ["j-visit", alone.subject.journey]


def test_the_code_of_a_linked_one_opens_no_visit(bench: "Bench") -> None:
    linked, alone = bench.file(journey="j-visit"), bench.file()
    told = [events_pb2.ComplaintFiled.FromString(event.data).complaint for event in bench.told()]
    assert [complaint.code for complaint in told] == ["", alone.code]
    assert linked.code


def test_the_same_filing_sent_again_gets_the_first_one(bench: "Bench") -> None:
    first = bench.file(key="k", fingerprint="f")
    assert bench.file(key="k", fingerprint="f") == first
    assert bench.told_types() == ["complaint_filed"]
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        bench.file(key="k", fingerprint="another")
    assert bench.file().number.endswith("00002")


def test_no_event_tells_what_people_wrote_or_who_they_are(bench: "Bench") -> None:
    bench.reopen(bench.closed(), SUPERVISOR)
    for event in bench.told():
        for word in ("张三", "13800005678", "排队两小时", "叫号机故障", "已修复", "已电话回访", "问题再次出现"):
            assert word.encode() not in event.data, (event.type, word)
    filed = events_pb2.ComplaintFiled.FromString(bench.told()[0].data).complaint
    assert (filed.complainant_masked, filed.phone_masked) == ("张*", "138****5678")


# ── To the end ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_complaint_goes_to_its_end_and_says_each_step(bench: "Bench") -> None:
    closed = bench.closed()
    assert closed.state is ComplaintState.CLOSED
    assert closed.liability is Liability.CENTER
    assert bench.told_types() == [
        "complaint_filed",
        "complaint_assigned",
        "complaint_investigated",
        "complaint_answered",
        "complaint_called_back",
        "complaint_closed",
    ]


def test_it_is_reopened_once_by_its_code_with_a_new_promise(bench: "Bench") -> None:
    closed = bench.closed()
    bench.clock.advance(timedelta(days=7))
    reopened = bench.reopen(closed, code=closed.code)
    assert (reopened.state, reopened.reopened) == (ComplaintState.FILED, 1)
    assert reopened.promise.due_at.date().isoformat() == "2026-12-07"
    bench.close(bench.call_back(bench.answer(bench.investigate(bench.assign(reopened)))))
    for who, code in ((PUBLIC, closed.code), (SUPERVISOR, "")):
        with pytest.raises(Conflict, match="already_reopened"):
            bench.reopen(closed, who, code)


def test_nobody_reopens_by_the_id_but_supervisors_of_the_center(bench: "Bench") -> None:
    closed = bench.closed()
    for who in (PUBLIC, CLERK, ELSEWHERE):
        with pytest.raises(Forbidden):
            bench.reopen(closed, who)
    assert bench.reopen(closed, SUPERVISOR).state is ComplaintState.FILED


def test_a_supervisor_of_another_center_does_not_touch_it(bench: "Bench") -> None:
    with pytest.raises(Forbidden, match="center_not_allowed"):
        bench.assign(bench.file(), ELSEWHERE)


def test_it_is_given_to_a_department_of_the_center_or_to_the_center_itself(bench: "Bench") -> None:
    complaint = bench.file()
    with pytest.raises(Invalid, match="department_unknown"):
        bench.assign(complaint, department="nobody")
    assert bench.assign(complaint, department="").state is ComplaintState.ASSIGNED


def test_a_step_on_an_older_version_is_refused(bench: "Bench") -> None:
    complaint = bench.file()
    bench.assign(complaint, version=1)
    with pytest.raises(Stale):
        bench.assign(complaint, version=1)


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_complainant_is_shown_for_a_purpose_and_that_is_written_down(bench: "Bench") -> None:
    complaint = bench.file()
    shown = handlers.show_complainant(
        room=bench.room, call=bench.by(SUPERVISOR), complaint_id=complaint.id, purpose="回访核实"
    )
    assert (shown.name, shown.phone) == ("张三", "13800005678")
    event = bench.told()[-1]
    assert (event.type, event.actor_id) == ("tongban.complaint.complainant_shown.v1", "supervisor-1")
    assert events_pb2.ComplainantShown.FromString(event.data).purpose == "回访核实"
    kept = bench.room.showings.find("by_complaint", complaint_id=complaint.id).items
    assert [(showing.shown_to, showing.purpose) for showing in kept] == [("supervisor-1", "回访核实")]


def test_without_a_purpose_nobody_is_shown(bench: "Bench") -> None:
    complaint = bench.file()
    with pytest.raises(Invalid, match="text_required"):
        handlers.show_complainant(room=bench.room, call=bench.by(SUPERVISOR), complaint_id=complaint.id, purpose="  ")
    assert bench.told_types() == ["complaint_filed"]


def test_an_anonymous_complainant_cannot_be_shown(bench: "Bench") -> None:
    with pytest.raises(Conflict, match="complaint_anonymous"):
        handlers.show_complainant(
            room=bench.room, call=bench.by(SUPERVISOR), complaint_id=bench.file(anonymous=True).id, purpose="回访"
        )


def test_an_id_opens_it_only_for_whom_it_concerns(bench: "Bench") -> None:
    complaint = bench.assign(bench.file(CLERK))
    for who in (SUPERVISOR, CLERK, actor("clerk", id="staff-9"), actor("chief", department=DEPARTMENT)):
        assert queries.get_complaint(room=bench.room, call=bench.by(who), complaint_id=complaint.id) == complaint
    strangers = (PUBLIC, ELSEWHERE, actor("clerk", id="clerk-2"), actor("chief", department="renli-shebao"))
    for who in strangers:
        with pytest.raises(Forbidden):
            queries.get_complaint(room=bench.room, call=bench.by(who), complaint_id=complaint.id)


def test_the_public_does_not_learn_whether_an_id_exists(bench: "Bench") -> None:
    for id in (bench.file().id, "nothing"):
        with pytest.raises(Forbidden, match="code_required"):
            queries.get_complaint(room=bench.room, call=bench.by(PUBLIC), complaint_id=id)


def test_complaints_are_listed_page_by_page_in_their_state(bench: "Bench") -> None:
    for _ in range(3):
        bench.clock.advance(timedelta(minutes=1))
        bench.file()
    bench.closed()
    seen, cursor = [], ""
    while True:
        found = queries.list_complaints(
            room=bench.room,
            call=bench.by(SUPERVISOR),
            center_id="610902",
            state=ComplaintState.FILED,
            limit=2,
            cursor=cursor,
        )
        seen += [complaint.number[-1] for complaint in found.items]
        cursor = found.cursor
        if not cursor:
            break
    assert seen == ["3", "2", "1"]


def test_another_centers_complaints_are_not_listed(bench: "Bench") -> None:
    with pytest.raises(Forbidden):
        queries.list_complaints(
            room=bench.room, call=bench.by(ELSEWHERE), center_id="610902", state=None, limit=0, cursor=""
        )
