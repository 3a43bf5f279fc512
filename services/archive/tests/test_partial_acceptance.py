"""Some files of a list are received and others go back with a reason: signed, on the list, and in the package (rules J02)."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from kit.errors import Conflict, Invalid
from reference.papers.testing import words
from services.archive.domain.case_file import FileState
from services.archive.domain.hand_over import HandOver, HandOverState, Side, signature
from services.archive.handlers import confirm_hand_over, return_hand_over
from services.archive.handlers.catalogue import Printer
from services.archive.package.checking import check
from services.archive.tests.archive_rooms import RECEIVER, Rooms


@pytest.fixture
def proposed(rooms: Rooms) -> HandOver:
    for case_id in ("case-1", "case-2"):
        rooms.ended(case_id)
        rooms.file_away(case_id)
    return rooms.propose("case-1", "case-2")


def confirm(rooms: Rooms, proposed: HandOver, of_lines: dict[str, str]) -> HandOver:
    return confirm_hand_over(
        room=rooms.room,
        call=rooms.by(RECEIVER),
        hand_over_id=proposed.id,
        list_sha256=proposed.list_sha256,
        of_lines=of_lines,
        expected_version=0,
    )


def test_it_is_signed_what_was_received_and_what_was_not(rooms: Rooms, proposed: HandOver) -> None:
    done = confirm(rooms, proposed, {"case-2": "缺第 3 页"})
    assert (done.state, done.sent_back) == (HandOverState.CONFIRMED, {"case-2": "缺第 3 页"})
    assert [(each.id, each.state, each.hand_over_id) for each in rooms.files()] == [
        ("case-1", FileState.HANDED_OVER, None),
        ("case-2", FileState.FILED, None),
    ]
    given, taken = (json.loads(each.statement) for each in done.signatures)
    assert ("returned" in given, taken["returned"]) == (False, {"case-2": "缺第 3 页"})
    text = words(Printer(rooms.room.reference).receipt(done))
    assert "退回移交人的案卷" in text
    assert "缺第3页" in text
    assert rooms.propose("case-2").state is HandOverState.PROPOSED


def test_what_goes_back_is_on_the_list_with_a_reason_and_is_not_everything(rooms: Rooms, proposed: HandOver) -> None:
    for of_lines, code in (
        ({"case-9": "不在清单"}, "line_not_listed"),
        ({"case-1": "缺页", "case-2": "缺页"}, "nothing_received"),
        ({"case-1": " "}, "text_required"),
    ):
        with pytest.raises(Invalid, match=code):
            confirm(rooms, proposed, of_lines)
    assert rooms.room.hand_overs.get(proposed.id) == proposed


def test_what_is_damaged_goes_back_while_the_rest_is_received(rooms: Rooms, proposed: HandOver) -> None:
    document = rooms.store.get("case_file", "case-2")
    assert document is not None
    document.body["entries"][4]["text"] = "不符合条件"
    rooms.store.save("case_file", "case-2", document.body, document.version)
    for of_lines in ({}, {"case-1": "不要"}):
        with pytest.raises(Conflict, match="package_damaged"):
            confirm(rooms, proposed, of_lines)
    assert confirm(rooms, proposed, {"case-2": "目录被改动"}).state is HandOverState.CONFIRMED


def test_a_list_that_is_sent_back_as_a_whole_is_signed_too(rooms: Rooms, proposed: HandOver) -> None:
    returned = return_hand_over(
        room=rooms.room, call=rooms.by(RECEIVER), hand_over_id=proposed.id, reason="分类有误", expected_version=0
    )
    signed = signature(returned, Side.RECEIVER)
    assert signed is not None
    assert json.loads(signed.statement)["returned"] == {"case-1": "分类有误", "case-2": "分类有误"}


def test_the_package_holds_what_was_received_and_says_what_was_not(
    rooms: Rooms, proposed: HandOver, tmp_path: Path
) -> None:
    confirm(rooms, proposed, {"case-1": "缺第 3 页"})
    content = rooms.package(proposed)
    assert rooms.package(proposed) == content
    path = tmp_path / "hand-over.zip"
    path.write_bytes(content)
    verdict = check(path)
    assert (verdict.troubles, verdict.files, verdict.returned) == ([], 1, {"case-1": "缺第 3 页"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if name.startswith("files/0001/")]
        parts = {name: archive.read(name) for name in archive.namelist()}
    receipt = json.loads(parts["receipt.json"])
    parts["receipt.json"] = json.dumps(receipt | {"returned": {}}, ensure_ascii=False).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert any("接收人签署的不一致" in each or "不在" in each for each in check(path).troubles)
