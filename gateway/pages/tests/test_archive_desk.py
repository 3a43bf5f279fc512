"""The archive's desk: what is found, filed and handed over there (rules J01, J02, AG01)."""

from gateway.pages.tests.visitor import Visitor
from kit.errors import Conflict
from tongban.archive.v1 import destruction_pb2 as destruction
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as archive

NUMBER = "990101199001011230"


def test_a_person_is_searched_by_a_form_whose_number_stands_in_no_address(visitor: Visitor) -> None:
    visitor.sign_in("clerk")
    found = archive.FindCaseFilesResponse(files=[messages.CaseFile(id="f-1", number="61090220261123001")])
    visitor.site.answers("FindCaseFiles", found)
    status, text = visitor.post("/archive/search", id_number=NUMBER, purpose="申请人查询")
    assert status == 200
    assert "61090220261123001" in text
    [asked] = visitor.site.asked_of("FindCaseFiles")
    assert (asked.request.id_number, asked.request.purpose) == (NUMBER, "申请人查询")


def test_a_look_at_a_file_says_what_for(visitor: Visitor) -> None:
    visitor.sign_in("supervisor")
    status, _ = visitor.get("/archive/files/f-1")
    assert status == 200
    assert visitor.site.asked_of("GetCaseFile")[-1].request.purpose


def test_what_is_lacking_is_said_where_it_is_filed(visitor: Visitor) -> None:
    visitor.sign_in("clerk")
    visitor.site.answers("FileCase", Conflict("file_incomplete", "案卷缺 2 项，请补齐后归档。"))
    status, text = visitor.post("/archive/files/f-1/file", version="1")
    assert status == 409
    assert "案卷缺 2 项" in text


def test_chosen_files_go_to_the_named_receiver(visitor: Visitor) -> None:
    visitor.sign_in("clerk")
    visitor.site.answers(
        "ProposeArchiveHandOver",
        archive.ProposeArchiveHandOverResponse(hand_over=messages.ArchiveHandOver(id="h-1")),
    )
    status, leads_to = visitor.post(
        "/archive/hand-overs", file="f-1", receiver_id="s-9", receiver_name="赵档案", idempotency_key="k"
    )
    assert (status, leads_to) == (303, "/archive/hand-overs/h-1?done=handed_over")
    asked = visitor.site.asked_of("ProposeArchiveHandOver")[-1].request
    assert (list(asked.file_ids), asked.receiver_id) == (["f-1"], "s-9")


def test_only_the_receiver_is_offered_to_confirm_and_confirms_the_list_that_was_shown(visitor: Visitor) -> None:
    visitor.sign_in("reviewer")
    shown = messages.ArchiveHandOver(
        id="h-1",
        number="YJ610902-2026-00001",
        state=messages.ARCHIVE_HAND_OVER_STATE_PROPOSED,
        receiver_id="somebody-else",
        list_sha256="a" * 64,
    )
    visitor.site.answers("GetArchiveHandOver", archive.GetArchiveHandOverResponse(hand_over=shown))
    _, text = visitor.get("/archive/hand-overs/h-1")
    assert "签收清单" not in text
    status, _ = visitor.post("/archive/hand-overs/h-1/confirm", list_sha256="a" * 64, version="1")
    assert status == 303
    assert visitor.site.asked_of("ConfirmArchiveHandOver")[-1].request.list_sha256 == "a" * 64


def proposed(**changes: object) -> archive.GetArchiveHandOverResponse:
    line = messages.HandOverLine(file_id="f-1", number="61090220261123001", item_name="食品经营许可")
    fields: dict[str, object] = {
        "id": "h-1",
        "number": "YJ610902-2026-00001",
        "state": messages.ARCHIVE_HAND_OVER_STATE_PROPOSED,
        "handed_by_id": "somebody-else",
        "lines": [line],
    }
    return archive.GetArchiveHandOverResponse(hand_over=messages.ArchiveHandOver(**(fields | changes)))  # type: ignore[arg-type]


def test_an_archivist_checks_what_waits_for_them_and_sees_what_is_not_as_the_list_says(visitor: Visitor) -> None:
    visitor.sign_in("archivist")
    visitor.site.answers("GetArchiveHandOver", proposed())
    _, text = visitor.get("/archive/hand-overs/h-1")
    assert "签收清单" in text
    assert not visitor.site.asked_of("CheckArchiveHandOver")
    trouble = messages.ArchiveTrouble(file_id="f-1", number="61090220261123001", what="第 1 项的内容缺失或者被改动")
    visitor.site.answers("CheckArchiveHandOver", archive.CheckArchiveHandOverResponse(troubles=[trouble]))
    _, text = visitor.get("/archive/hand-overs/h-1?check=1")
    assert "61090220261123001：第 1 项的内容缺失或者被改动" in text


def test_a_list_is_returned_with_a_reason_for_a_line(visitor: Visitor) -> None:
    visitor.sign_in("archivist")
    fields = {"version": "1", "reason_of.f-1": " 缺第 3 页 ", "reason_of.f-2": " "}
    status, _ = visitor.post("/archive/hand-overs/h-1/return", **fields)
    assert status == 303
    asked = visitor.site.asked_of("ReturnArchiveHandOver")[-1].request
    assert [(each.file_id, each.reason) for each in asked.lines] == [("f-1", "缺第 3 页")]


def test_both_signatures_and_the_receipt_are_shown_once_it_is_signed(visitor: Visitor) -> None:
    visitor.sign_in("supervisor")
    signed = [
        messages.ArchiveSignature(side=side, by_name=name, sha256="a" * 64)
        for side, name in (("giver", "李窗口"), ("receiver", "赵档案员"))
    ]
    shown = proposed(state=messages.ARCHIVE_HAND_OVER_STATE_CONFIRMED, signatures=signed)
    visitor.site.answers("GetArchiveHandOver", shown)
    _, text = visitor.get("/archive/hand-overs/h-1")
    for expected in ("移交签署", "李窗口", "接收签署", "赵档案员", "/archive-hand-overs/h-1/receipt"):
        assert expected in text


def test_files_over_their_term_are_proposed_by_an_archivist(visitor: Visitor) -> None:
    visitor.sign_in("archivist")
    over = messages.CaseFile(id="f-1", number="61090220261123001")
    held = messages.CaseFile(id="f-2", hold=messages.LegalHold(reason="行政诉讼中"))
    visitor.site.answers("ListCaseFiles", archive.ListCaseFilesResponse(files=[over, held]))
    _, text = visitor.get("/archive/destructions")
    assert visitor.site.asked_of("ListCaseFiles")[-1].request.expired
    assert "暂缓销毁：行政诉讼中" in text
    made = destruction.Destruction(id="d-1", state=destruction.DESTRUCTION_STATE_PROPOSED, proposed_by_id="another")
    visitor.site.answers("ProposeDestruction", destruction.ProposeDestructionResponse(destruction=made))
    status, leads_to = visitor.post("/archive/destructions", file="f-1", reason="期满", idempotency_key="k")
    assert (status, leads_to) == (303, "/archive/destructions/d-1?done=destruction_proposed")
    visitor.site.answers("GetDestruction", destruction.GetDestructionResponse(destruction=made))
    assert "批准销毁" not in visitor.get("/archive/destructions/d-1")[1]


def test_a_manager_decides_on_what_another_proposed(visitor: Visitor) -> None:
    visitor.sign_in("manager")
    made = destruction.Destruction(id="d-1", state=destruction.DESTRUCTION_STATE_PROPOSED, proposed_by_id="another")
    visitor.site.answers("GetDestruction", destruction.GetDestructionResponse(destruction=made))
    assert "批准销毁" in visitor.get("/archive/destructions/d-1")[1]
    visitor.post("/archive/destructions/d-1/decide", word="approve", opinion="同意", version="1")
    assert visitor.site.asked_of("DecideDestruction")[-1].request.approved


def test_a_file_is_held_with_a_reason(visitor: Visitor) -> None:
    visitor.sign_in("supervisor")
    status, _ = visitor.post("/archive/files/f-1/hold", word="hold", hold_reason="行政诉讼中", version="1")
    assert (status, visitor.site.asked_of("HoldCaseFile")[-1].request.reason) == (303, "行政诉讼中")
    visitor.post("/archive/files/f-1/hold", word="lift", hold_reason="诉讼终结", version="2")
    assert visitor.site.asked_of("LiftHold")[-1].request.reason == "诉讼终结"
