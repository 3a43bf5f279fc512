"""Who finds and sees what, and that it is on the record (rules AG01)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.errors import Forbidden, Invalid, NotFound
from kit.store.port import Query
from kit.testing import actor, store
from services.archive.domain.case_file import FileState, Term
from services.archive.events import case_file_message
from services.archive.handlers import CASE_FILES, download_entry, find_case_files, get_case_file
from services.archive.queries import list_case_files
from services.archive.tests.archive_rooms import CLERK, RESIDENT_ID, SCAN, Rooms, build_rooms

CREDIT_CODE = "91610902MA70BEAB08"


def listed(rooms: Rooms, **wanted: object) -> list[str]:
    asked = {
        "number": "",
        "state": None,
        "item_id": "",
        "from_date": "",
        "to_date": "",
        "incomplete": False,
        "expired": False,
        "limit": 0,
        "cursor": "",
        "center_id": "610902",
    }
    found = list_case_files(room=rooms.room, call=rooms.by(CLERK), **(asked | wanted))  # type: ignore[arg-type]
    return [file.id for file in found.items]


def found(rooms: Rooms, id_number: str, purpose: str = "申请人查询") -> list[str]:
    answer = find_case_files(
        room=rooms.room,
        call=rooms.by(CLERK),
        center_id="610902",
        id_number=id_number,
        purpose=purpose,
        limit=0,
        cursor="",
    )
    return [file.id for file in answer.items]


def test_files_are_found_by_number_item_state_date_and_what_is_lacking(rooms: Rooms) -> None:
    rooms.ended()
    rooms.clock.advance(timedelta(days=1))
    rooms.received("case-2", papers=[])
    rooms.handled("case-2")
    assert listed(rooms) == ["case-2", "case-1"]
    assert listed(rooms, number="61090220261123001") == ["case-1"]
    assert listed(rooms, item_id="item-food") == ["case-2", "case-1"]
    assert listed(rooms, state=FileState.OPEN) == []
    assert listed(rooms, incomplete=True) == ["case-2"]
    assert listed(rooms, to_date="2026-11-23") == ["case-1"]
    assert listed(rooms, from_date="2026-11-24") == ["case-2"]


def test_lists_read_no_line_of_a_file(rooms: Rooms) -> None:
    rooms.ended()
    [document] = rooms.store.find(Query("case_file", "by_center", {"center_id": "610902"}, heads=True)).documents
    assert document.body["entry_count"] == 8
    assert set(CASE_FILES.apart).isdisjoint(document.body)
    assert listed(rooms, state=FileState.CLOSED) == ["case-1"]


def test_a_file_of_an_earlier_release_is_listed_and_goes_on(tmp_path: Path) -> None:
    """Version 1 had everything in one body, and counted its lines by them."""
    before = build_rooms(tmp_path)
    whole = before.ended()
    document = before.store.get("case_file", "case-1")
    assert document is not None
    old = {name: value for name, value in document.body.items() if name not in ("entry_count", "chain")}
    before.store.close()
    (tmp_path / "old").mkdir()
    first = store(tmp_path / "old", [replace(CASE_FILES, schema_version=1, apart=())])
    first.insert("case_file", "case-1", old)
    first.close()

    rooms = build_rooms(tmp_path / "old")
    assert listed(rooms) == ["case-1"]
    [head] = rooms.room.heads.find("by_center", center_id="610902").items
    assert (head.entry_count, head.chain, head.unfiled) == (8, whole.chain, 8)
    assert replace(rooms.file(), version=whole.version) == whole
    filed = rooms.file_away()
    assert (filed.state, filed.retention and filed.retention.term) == (FileState.FILED, Term.YEARS_30)
    [head] = rooms.room.heads.find("by_center", center_id="610902").items
    assert (head.filed_upto, head.unfiled) == (8, 0)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"item_id": "a", "incomplete": True}, "filters_together"), ({"from_date": "2026-13-01"}, "date_invalid")],
)
def test_what_cannot_be_asked_is_said(rooms: Rooms, wanted: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        listed(rooms, **wanted)


def test_a_persons_files_are_found_by_a_hash_and_the_search_is_on_the_record(rooms: Rooms) -> None:
    rooms.received()
    rooms.received("case-2", id_number="990101199001010015")
    assert found(rooms, f" {RESIDENT_ID} ") == ["case-1"]
    assert found(rooms, CREDIT_CODE.lower()) == []
    stored = b"".join(str(document.body).encode() for document in rooms.store.scan("case_file"))
    assert RESIDENT_ID.encode() not in stored
    searches = list(rooms.room.looks.each("by_file", file_id=""))
    assert sorted((each.purpose, each.found) for each in searches) == [("申请人查询", 0), ("申请人查询", 1)]
    assert rooms.told()[-1] == "case_files_searched"


@pytest.mark.parametrize("number", ["990101199001011238", "", "x"])
def test_a_number_that_nobody_has_is_said_and_no_search(rooms: Rooms, number: str) -> None:
    with pytest.raises(Invalid):
        found(rooms, number)


def test_a_units_files_are_found_by_its_credit_code(rooms: Rooms) -> None:
    rooms.received(id_number=CREDIT_CODE)
    assert found(rooms, CREDIT_CODE) == ["case-1"]


def test_a_search_needs_its_purpose(rooms: Rooms) -> None:
    with pytest.raises(Invalid):
        found(rooms, RESIDENT_ID, "")


def test_a_look_is_written_down_before_the_file_is_shown(rooms: Rooms) -> None:
    rooms.received()
    get_case_file(room=rooms.room, call=rooms.by(CLERK), file_id="case-1", purpose="核对材料")
    [look] = rooms.room.looks.each("by_file", file_id="case-1")
    assert (look.by_id, look.purpose) == ("clerk-1", "核对材料")


def test_a_content_comes_from_its_maker_until_it_is_kept_here(rooms: Rooms) -> None:
    rooms.ended()
    assert content(rooms, 1) == SCAN
    assert content(rooms, 4).decode().startswith("办件流水号")
    rooms.file_away()
    reads = len(rooms.shelf.reads)
    assert content(rooms, 1) == SCAN
    assert len(rooms.shelf.reads) == reads
    with pytest.raises(NotFound, match="file_entry_not_found"):
        content(rooms, 99)


def test_another_department_and_another_center_see_nothing(rooms: Rooms) -> None:
    rooms.received()
    for who in (actor("chief", department="renli-shebao"), actor("clerk", center="610903")):
        with pytest.raises(Forbidden):
            get_case_file(room=rooms.room, call=rooms.by(who), file_id="case-1", purpose="看看")


def test_lists_show_masked_persons_and_no_lines(rooms: Rooms) -> None:
    message = case_file_message(rooms.ended())
    assert (message.applicant_name, message.applicant_id_number) == ("张**", "990101********1230")
    assert (len(message.entries), message.entry_count) == (0, 8)
    assert message.retention.until == "2056-12-31"


def content(rooms: Rooms, number: int) -> bytes:
    _, _, chunks = download_entry(room=rooms.room, call=rooms.by(CLERK), file_id="case-1", number=number)
    return b"".join(chunks)
