"""The RPCs: what the complainant may see, and what only staff may."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call, enter_call, leave_call
from kit.errors import Invalid, NotFound
from kit.testing import MONDAY, actor
from services.complaint.grpc_api import ComplaintApi
from tongban.complaint.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.complaint.tests.conftest import Bench

INTERNAL = ("findings", "liability", "callback_note", "assignee_staff_id", "taken_by_staff_id")


@contextmanager
def by(who: Actor) -> Iterator[None]:
    token = enter_call(Call(who, MONDAY))
    yield
    leave_call(token)


def filing(**changes: object) -> service_pb2.FileComplaintRequest:
    fields = {
        "center_id": "610902",
        "topic": messages_pb2.TOPIC_FEE,
        "text": "多收费用",
        "name": "张三",
        "phone": "13800005678",
    }
    return service_pb2.FileComplaintRequest(**(fields | changes))  # type: ignore[arg-type]


def test_who_files_gets_number_code_and_promise(bench: "Bench") -> None:
    with by(PUBLIC):
        complaint = ComplaintApi(bench.room).FileComplaint(filing(), None).complaint
    assert complaint.source == messages_pb2.SOURCE_PAGE
    assert complaint.number
    assert complaint.code
    assert complaint.HasField("due_at")
    assert (complaint.complainant_masked, complaint.phone_masked) == ("张*", "138****5678")


def test_who_takes_a_call_gets_the_code_to_pass_on(bench: "Bench") -> None:
    with by(actor("clerk", id="clerk-1")):
        complaint = ComplaintApi(bench.room).FileComplaint(filing(), None).complaint
    assert (complaint.taken_by_staff_id, bool(complaint.code)) == ("clerk-1", True)


def test_a_complaint_says_what_it_is_about(bench: "Bench") -> None:
    with by(PUBLIC), pytest.raises(Invalid, match="topic_unknown"):
        ComplaintApi(bench.room).FileComplaint(filing(topic=0), None)


def test_the_code_opens_the_progress_without_what_staff_wrote_for_themselves(bench: "Bench") -> None:
    closed, api = bench.closed(), ComplaintApi(bench.room)
    with by(PUBLIC):
        public = api.GetComplaint(service_pb2.GetComplaintRequest(code=closed.code), None).complaint
    with by(actor("supervisor")):
        staff = api.GetComplaint(service_pb2.GetComplaintRequest(complaint_id=closed.id), None).complaint
    assert public.state == messages_pb2.COMPLAINT_STATE_CLOSED
    assert (public.answer, public.assignee_staff_name, public.text) == ("已修复并致歉", "王工", "排队两小时无人叫号")
    for name in INTERNAL:
        assert not getattr(public, name), name
    assert (staff.findings, staff.liability, staff.callback_note) == ("叫号机故障未报修", "center", "已电话回访")
    assert (public.code, staff.code) == (closed.code, "")


def test_reopening_by_the_code_shows_no_more_than_the_code_does(bench: "Bench") -> None:
    closed = bench.closed()
    with by(PUBLIC):
        reopened = (
            ComplaintApi(bench.room)
            .ReopenComplaint(service_pb2.ReopenComplaintRequest(code=closed.code, reason="未解决"), None)
            .complaint
        )
    assert reopened.reopened == 1
    assert not any(getattr(reopened, name) for name in INTERNAL)


@pytest.mark.parametrize("code", ["wrong", "' OR 1=1 --", '{"$ne": ""}'])
def test_a_wrong_code_opens_nothing(bench: "Bench", code: str) -> None:
    bench.file()
    with by(PUBLIC), pytest.raises(NotFound, match="complaint_not_found"):
        ComplaintApi(bench.room).GetComplaint(service_pb2.GetComplaintRequest(code=code), None)


def test_liability_is_one_of_three(bench: "Bench") -> None:
    complaint = bench.assign(bench.file())
    request = service_pb2.InvestigateComplaintRequest(complaint_id=complaint.id, findings="属实", liability="nobody")
    with by(actor("supervisor")), pytest.raises(Invalid, match="liability_unknown"):
        ComplaintApi(bench.room).InvestigateComplaint(request, None)
