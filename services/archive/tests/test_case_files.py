"""A file builds itself from what other services tell, and says what is lacking at the end (rules J01-J03)."""

from dataclasses import replace
from datetime import date

import pytest

from kit.errors import Conflict, NotReady
from kit.workdays import local_text
from reference.testing import change_calendar, closed_on
from services.archive.domain.case_file import FileState, Term
from services.archive.domain.entries import EntryKind, Origin, first_broken
from services.archive.events.cases import FOLLOWED as CASES
from services.archive.events.intake import FOLLOWED
from services.archive.handlers.calendar import recounting
from services.archive.tests.archive_rooms import Rooms, material, paper
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.fees.v1 import events_pb2 as fees
from tongban.fees.v1 import messages_pb2 as fee_messages
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as applications


def test_a_file_begins_with_the_application_and_lists_what_was_handed_in_and_given_out(rooms: Rooms) -> None:
    rooms.received()
    file = rooms.file()
    assert (file.state, file.number, file.person.name) == (FileState.OPEN, "61090220261123001", "张**")
    assert [(each.number, each.kind, each.title) for each in file.entries] == [
        (1, EntryKind.MATERIAL, "申请书"),
        (2, EntryKind.PAPER, "收件凭证 610902〔2026〕p-1"),
    ]
    assert file.entries[0].sha256
    assert file.entries[0].event_id == "event-1"


def test_a_whole_case_is_in_its_file_in_order(rooms: Rooms) -> None:
    file = rooms.ended()
    assert [each.title for each in file.entries] == [
        "申请书",
        "收件凭证 610902〔2026〕p-1",
        "受理通知书 610902〔2026〕p-2",
        "受理",
        "办理意见：审查",
        "准予决定书 610902准〔2026〕000001号",
        "办理结果 食品经营许可证 JY16109020000001",
        "送达记录",
    ]
    assert "符合条件，建议准予" in file.entries[4].text
    assert (file.state, file.gaps, file.asked) == (FileState.CLOSED, (), None)
    assert rooms.told() == ["case_file_closed"]


def test_the_slip_of_a_delivery_is_in_the_file(rooms: Rooms) -> None:
    rooms.received()
    rooms.accepted()
    result = cases.CaseResult(method="window", slip_number="610902送〔2026〕000001号")
    result.delivered_at.FromDatetime(rooms.clock.now())
    rooms.hear("approval_routing", approval.ResultDelivered(case=rooms.decided(result=result)))
    slip = rooms.file().entries[-1]
    assert (slip.kind, slip.origin, slip.title) == (EntryKind.PAPER, Origin.SLIP, "送达回证 610902送〔2026〕000001号")


def test_no_line_is_ever_changed_and_the_chain_says_so(rooms: Rooms) -> None:
    rooms.received()
    before = rooms.file().entries
    file = rooms.ended("case-2")
    rooms.accepted()
    assert rooms.file().entries[: len(before)] == before
    assert first_broken(file.entries) == 0
    forged = (*file.entries[:4], replace(file.entries[4], text="不符合条件"), *file.entries[5:])
    assert first_broken(forged) == 5


def test_events_of_several_services_may_come_in_any_order_of_services(rooms: Rooms) -> None:
    rooms.hear("approval_routing", approval.CaseOpened(case=rooms.case(passed=False)))
    assert rooms.file().entries == ()
    rooms.received()
    assert rooms.file().person.key
    assert len(rooms.file().entries) == 2


def test_who_speaks_of_a_case_before_its_file_is_there_is_heard_again(rooms: Rooms) -> None:
    with pytest.raises(NotReady):
        rooms.evaluated()
    rooms.ended()
    rooms.evaluated()
    assert rooms.titles()[-1] == "好差评"


def test_a_complaint_about_a_visit_is_in_the_files_of_its_cases_and_one_about_nothing_in_none(rooms: Rooms) -> None:
    rooms.received()
    rooms.received("case-2")
    rooms.complained(journey="j-1")
    rooms.complained(journey="j-other")
    rooms.complained(case_id="case-2", journey="j-9")
    assert rooms.titles().count("投诉") == 1
    assert rooms.titles("case-2").count("投诉") == 2


def test_what_was_paid_is_in_the_file_of_its_case(rooms: Rooms) -> None:
    rooms.ended()
    bill = fee_messages.Bill(id="case-1", total_fen=12050, receipt_number="610902缴〔2026〕000001号")
    rooms.hear("fees", fees.BillPaid(bill=bill))
    assert rooms.file().entries[-1].text == "应缴（元）：120.50\n缴费凭证：610902缴〔2026〕000001号"


def test_what_is_lacking_is_asked_of_the_first_responsible_person_by_working_days(rooms: Rooms) -> None:
    rooms.received(materials=[material(), material(key="plan", name="平面图", uploads=[])], papers=[])
    rooms.handled()
    file = rooms.file()
    assert [gap.title for gap in file.gaps] == ["纸质材料的影像：平面图", "收件凭证", "受理通知书"]
    assert file.asked is not None
    assert (file.asked.staff_id, local_text(file.asked.due_at)) == ("clerk-1", "2026-11-30 23:59")
    assert file.clock is not None
    assert local_text(file.clock.due_at) == "2026-12-21 23:59"
    assert file.retention is not None
    assert file.retention.term is Term.YEARS_30


def test_a_center_may_do_without_images_and_set_terms_by_item_and_type(rooms: Rooms) -> None:
    rooms.set_policy(
        archive_scans_required=False,
        archive_retention_terms=[{"item": "01", "term": "permanent"}],
    )
    rooms.received(materials=[material(uploads=[])])
    rooms.accepted(materials=[material(uploads=[])])
    rooms.handled()
    file = rooms.file()
    assert file.gaps == ()
    assert file.retention is not None
    assert (file.retention.term, file.retention.source) == (Term.PERMANENT, "中心设定：按事项类型")


def test_what_comes_late_closes_the_gap_and_nobody_is_asked_any_more(rooms: Rooms) -> None:
    missing = material(uploads=[])
    rooms.received(materials=[missing])
    rooms.accepted(materials=[missing])
    rooms.handled()
    assert [gap.key for gap in rooms.file().gaps] == ["scan/application-form"]
    rooms.hear("intake", intake.MaterialRecorded(application=rooms.application(), material_key="application-form"))
    file = rooms.file()
    assert (file.gaps, file.asked) == ((), None)
    assert rooms.told()[-1] == "case_file_completed"


@pytest.mark.parametrize(
    ("state", "lacking"),
    [
        (applications.APPLICATION_STATE_REFUSED, ["paper/refusal"]),
        (applications.APPLICATION_STATE_WITHDRAWN, []),
    ],
)
def test_what_ended_before_it_was_a_case_needs_only_its_own_papers(
    rooms: Rooms, state: applications.ApplicationState.ValueType, lacking: list[str]
) -> None:
    rooms.received(materials=[material(state=applications.MATERIAL_STATE_MISSING, uploads=[], originals=0)])
    ended = rooms.application(
        state=state, materials=[material(state=applications.MATERIAL_STATE_MISSING, uploads=[], originals=0)]
    )
    rooms.hear("intake", intake.ApplicationWithdrawn(application=ended))
    assert rooms.file().state is FileState.CLOSED
    assert [gap.key for gap in rooms.file().gaps] == lacking


def test_what_is_over_its_time_is_told_once(rooms: Rooms) -> None:
    rooms.received(papers=[])
    rooms.handled()
    rooms.pass_days(10)
    rooms.sweep()
    rooms.sweep()
    assert rooms.told().count("case_file_overdue") == 1
    rooms.pass_days(30)
    rooms.sweep()
    rooms.sweep()
    assert rooms.told().count("case_file_overdue") == 2


def test_a_closed_day_moves_the_time_of_the_hand_over(rooms: Rooms) -> None:
    rooms.ended()
    listens = recounting(rooms.room).subscription()
    change_calendar(rooms.store, rooms.room.reference, listens, closed_on(date(2026, 11, 25)))
    clock = rooms.file().clock
    assert clock is not None
    assert local_text(clock.due_at) == "2026-12-22 23:59"
    assert rooms.told()[-1] == "case_file_deadline_recomputed"


def test_a_file_is_not_filed_while_its_case_goes_on(rooms: Rooms) -> None:
    rooms.received()
    with pytest.raises(Conflict, match="file_open"):
        rooms.file_away()


def test_a_paper_that_is_told_again_is_in_the_file_once(rooms: Rooms) -> None:
    rooms.received()
    rooms.accepted()
    rooms.accepted(papers=[paper("p-1", applications.PAPER_KIND_RECEIPT, "收件凭证")])
    assert [title for title in rooms.titles() if title.startswith("收件凭证")] == ["收件凭证 610902〔2026〕p-1"]


def test_every_event_that_files_follow_says_which_case_it_is_about() -> None:
    for followed, module, field in ((FOLLOWED, intake, "application"), (CASES, approval, "case")):
        for name in followed:
            assert field in getattr(module, name).DESCRIPTOR.fields_by_name, name
