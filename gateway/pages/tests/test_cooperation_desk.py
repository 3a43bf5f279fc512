"""The desk for what sites handle together: who sees which form, and what is asked with what was typed."""

from __future__ import annotations

import io

import pytest

from gateway.auth import CSRF_FIELD
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urging

ELSEWHERE = parts.Place(site="610900.city", center_id="elsewhere")


def part(state: parts.PartState.ValueType, asked_by: parts.Place = ELSEWHERE) -> parts.Part:
    return parts.Part(
        id="p-1",
        kind=parts.PART_KIND_JOINT,
        number="LB-1",
        title="消防核查",
        state=state,
        asked_by=asked_by,
        version=3,
    )


_FORMS = ("take", "decline", "answer", "wanted", "send-up", "offer", "ask-back", "withdraw")
OURS = parts.Place(site="610902.hanbin", center_id="610902")


def shows(site: FakeSite, it: parts.Part) -> None:
    site.answers("GetPart", requests.GetPartResponse(part=it))


@pytest.mark.parametrize(
    ("state", "forms"),
    [
        (parts.PART_STATE_OFFERED, ("take", "decline")),
        (parts.PART_STATE_HANDLING, ("answer", "wanted")),
        (parts.PART_STATE_ANSWERED, ()),
    ],
)
def test_who_handles_it_is_offered_what_comes_next(
    visitor: Visitor, site: FakeSite, state: parts.PartState.ValueType, forms: tuple[str, ...]
) -> None:
    visitor.sign_in("chief")
    shows(site, part(state))
    text = visitor.get("/cooperation/parts/p-1")[1]
    assert "消防核查" in text
    offered = [each for each in _FORMS if f"/p-1/{each}" in text]
    assert offered == [*forms]


@pytest.mark.parametrize(
    ("state", "forms"),
    [
        (parts.PART_STATE_REVIEWING, ("send-up", "withdraw")),
        (parts.PART_STATE_OFFERED, ("ask-back",)),
        (parts.PART_STATE_RETURNED, ("offer", "withdraw")),
        (parts.PART_STATE_HANDLING, ("withdraw",)),
    ],
)
def test_who_asked_for_it_is_offered_what_comes_next(
    visitor: Visitor, site: FakeSite, state: parts.PartState.ValueType, forms: tuple[str, ...]
) -> None:
    visitor.sign_in("chief")
    shows(site, part(state, asked_by=OURS))
    text = visitor.get("/cooperation/parts/p-1")[1]
    assert [each for each in _FORMS if f"/p-1/{each}" in text] == [*forms]


def test_a_part_that_came_back_is_offered_elsewhere(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    visitor.post("/cooperation/parts/p-1/offer", site="610900.city", center_id="610900", version="3")
    (asked,) = site.asked_of("OfferPart")
    assert (asked.request.place.site, asked.request.expected_version) == ("610900.city", 3)


def test_a_paper_that_is_needed_is_asked_for(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    visitor.post("/cooperation/parts/p-1/wanted", key="plan", name="平面图", note="标注面积", version="3")
    (asked,) = site.asked_of("AskPartMaterials")
    assert [(each.key, each.name, each.note) for each in asked.request.wanted] == [("plan", "平面图", "标注面积")]


def test_taking_a_part_asks_with_the_version_that_was_seen(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    status, target = visitor.post("/cooperation/parts/p-1/take", department_key="xiaofang", version="3")
    assert (status, target.partition("?")[0]) == (303, "/cooperation/parts/p-1")
    (asked,) = site.asked_of("AnswerPartOffer")
    assert (asked.request.accepted, asked.request.department_key, asked.request.expected_version) == (
        True,
        "xiaofang",
        3,
    )


def test_what_the_service_refuses_is_said_on_the_page(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    shows(site, part(parts.PART_STATE_OFFERED))
    site.answers("AnswerPartOffer", Conflict("offer_withdrawn", "对方站点已撤回移交，不能再接收。"))
    status, text = visitor.post("/cooperation/parts/p-1/take", version="3")
    assert status == 409
    assert "对方站点已撤回移交" in text


def test_an_answer_needs_no_more_than_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    visitor.post("/cooperation/parts/p-1/answer", outcome="refused", opinion="不符", basis="消防法", version="3")
    (asked,) = site.asked_of("AnswerPart")
    assert asked.request.outcome == parts.PART_OUTCOME_REFUSED
    assert (asked.request.opinion, asked.request.basis) == ("不符", "消防法")


def test_only_who_was_urged_can_answer(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    asked = urging.Urging(id="u-1", title="请尽快办理", state=urging.URGING_STATE_ASKED, asked_of=ELSEWHERE)
    site.answers("ListUrgings", cooperation.ListUrgingsResponse(urgings=[asked]))
    text = visitor.get("/cooperation/urgings")[1]
    assert "请尽快办理" in text
    assert "/urgings/u-1/reply" not in text


def test_a_clerk_does_not_take_parts(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert visitor.post("/cooperation/parts/p-1/take", version="3")[0] == 403
    assert not site.asked_of("AnswerPartOffer")


def chooses(visitor: Visitor, path: str, **fields: str) -> int:
    """The status that a form with a file answers with."""
    file = (io.BytesIO(b"pdf"), "核查报告.pdf")
    return visitor.client.post(path, data={**fields, CSRF_FIELD: visitor.csrf, "file": file}).status_code


@pytest.fixture
def keeps(site: FakeSite) -> None:
    """Files are kept."""
    kept = parts.PartPaper(sha256="a" * 64, size=3, filename="核查报告.pdf")
    site.answers("UploadPartFile", requests.UploadPartFileResponse(file=kept))


@pytest.mark.usefixtures("keeps")
def test_an_answer_takes_its_files_along(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    assert chooses(visitor, "/cooperation/parts/p-1/answer", outcome="agreed", opinion="同意", version="3") == 303
    (asked,) = site.asked_of("AnswerPart")
    assert [(each.name, each.sha256) for each in asked.request.files] == [("核查报告", "a" * 64)]


@pytest.mark.usefixtures("keeps")
def test_a_paper_that_was_asked_for_is_handed_in_where_the_applicant_is(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    wanting = part(parts.PART_STATE_HANDLING, OURS)
    wanting.wanted.add(key="plan", name="平面图", note="比例 1:100")
    shows(site, wanting)
    assert "补交：平面图" in visitor.get("/cooperation/parts/p-1")[1]
    assert chooses(visitor, "/cooperation/parts/p-1/hand-in", key="plan", name="平面图") == 303
    (asked,) = site.asked_of("CommandPart")
    assert asked.request.verb == parts.VERB_HAND_IN
    assert [(each.key, each.name, each.sha256) for each in asked.request.materials] == [("plan", "平面图", "a" * 64)]
    status, text = visitor.post("/cooperation/parts/p-1/hand-in", key="plan", name="平面图")
    assert (status, "没有选择文件" in text) == (422, True)


def test_files_of_a_part_are_offered_for_download_papers_without_one_are_not(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    handled = part(parts.PART_STATE_ANSWERED, OURS)
    handled.materials.add(name="申请书", sha256="b" * 64, size=2000)
    handled.materials.add(name="原件")
    handled.answer.files.add(name="核查报告", sha256="c" * 64)
    handled.answer.answered_at.FromSeconds(1)
    shows(site, handled)
    text = visitor.get("/cooperation/parts/p-1")[1]
    for sha256 in ("b" * 64, "c" * 64):
        assert f'href="/api/v1/parts/p-1/files/{sha256}"' in text
    assert text.count("/files/") == 2
