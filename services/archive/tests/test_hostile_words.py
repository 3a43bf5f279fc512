"""What people type stays text, wherever the archive takes any."""

import pytest

from kit.errors import Invalid
from services.archive.handlers import find_case_files, get_case_file, return_hand_over
from services.archive.tests.archive_rooms import CLERK, RECEIVER, RESIDENT_ID, Rooms

HOSTILE = '<script>alert(1)</script>\' OR 1=1 -- {"$ne": 1} ${7*7} 测试'


def test_purposes_reasons_and_names_are_kept_as_they_were_typed(rooms: Rooms) -> None:
    rooms.received(papers=[])
    rooms.handled()
    get_case_file(room=rooms.room, call=rooms.by(CLERK), file_id="case-1", purpose=HOSTILE)
    assert [look.purpose for look in rooms.room.looks.each("by_file", file_id="case-1")] == [HOSTILE]
    assert rooms.file_away(despite=HOSTILE).despite == HOSTILE
    proposed = rooms.propose()
    returned = return_hand_over(
        room=rooms.room, call=rooms.by(RECEIVER), hand_over_id=proposed.id, reason=HOSTILE, expected_version=0
    )
    assert returned.reason == HOSTILE


@pytest.mark.parametrize("purpose", [HOSTILE, ""])
def test_a_number_that_is_none_finds_nothing_whatever_it_looks_like(rooms: Rooms, purpose: str) -> None:
    for number in (HOSTILE, HOSTILE[:18], f"{RESIDENT_ID}\x00"):
        with pytest.raises(Invalid):
            find_case_files(
                room=rooms.room,
                call=rooms.by(CLERK),
                center_id="610902",
                id_number=number,
                purpose=purpose,
                limit=0,
                cursor="",
            )
