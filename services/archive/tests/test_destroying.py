"""Files are destroyed after their term, by a list of two people; a hold stops it, and what was destroyed can be told."""

from datetime import timedelta
from typing import Any

import pytest

from kit.blobs.uses import GRACE, IDLE
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from kit.testing import actor
from services.archive import handlers
from services.archive.domain.case_file import CaseFile, FileState
from services.archive.domain.destruction import Destruction, DestructionState
from services.archive.queries import list_destructions
from services.archive.tests.archive_rooms import RESIDENT_ID, Rooms
from services.archive.tests.test_filing import age
from services.archive.tests.test_looking import found, listed

ARCHIVIST = actor("archivist", id="archivist-9")
MANAGER = actor("manager", id="manager-1")


@pytest.fixture
def kept(rooms: Rooms) -> Rooms:
    """Two files in the archive, for ten years."""
    rooms.set_policy(archive_retention_default="years_10")
    for case_id in ("case-1", "case-2"):
        rooms.ended(case_id)
        rooms.file_away(case_id)
    rooms.confirm(rooms.propose("case-1", "case-2"))
    return rooms


@pytest.fixture
def over(kept: Rooms) -> Rooms:
    """Ten years and some later."""
    kept.clock.advance(timedelta(days=3700))
    return kept


def propose(rooms: Rooms, *file_ids: str, who: Any = ARCHIVIST, key: str = "") -> Destruction:
    return handlers.propose_destruction(
        room=rooms.room,
        call=rooms.by(who, key),
        center_id="610902",
        file_ids=file_ids,
        reason="保管期满，鉴定无续存价值",
    )


def decide(rooms: Rooms, it: Destruction, who: Any = MANAGER, *, approved: bool = True) -> Destruction:
    return handlers.decide_destruction(
        room=rooms.room,
        call=rooms.by(who),
        destruction_id=it.id,
        approved=approved,
        opinion="同意销毁" if approved else "继续保管",
        expected_version=0,
    )


def hold(rooms: Rooms, who: Any = MANAGER) -> CaseFile:
    return handlers.hold_case_file(
        room=rooms.room, call=rooms.by(who), file_id="case-1", reason="行政诉讼中", expected_version=0
    )


def test_two_people_destroy_what_is_over_its_term_and_what_it_was_can_be_told(over: Rooms) -> None:
    before = over.file()
    assert listed(over, expired=True) == ["case-1", "case-2"]
    proposed = propose(over, "case-1")
    assert (proposed.state, proposed.number) == (DestructionState.PROPOSED, "XH610902-2037-00001")
    done = decide(over, proposed)
    assert (done.state, [line.kept_because for line in done.lines]) == (DestructionState.DONE, [""])
    file = over.file()
    assert (file.state, file.entries, file.kept, file.destruction_number) == (
        FileState.DESTROYED,
        (),
        (),
        proposed.number,
    )
    assert (file.number, file.chain, file.entry_count) == (before.number, before.chain, 8)
    assert done.lines[0].head == before.chain
    assert listed(over, expired=True) == ["case-2"]
    assert found(over, RESIDENT_ID) == ["case-2"]
    assert over.told()[-4:] == [
        "destruction_proposed",
        "destruction_decided",
        "case_file_destroyed",
        "case_files_searched",
    ]


def test_contents_go_once_nothing_else_has_them(over: Rooms) -> None:
    only, shared = over.file().catalogues[0].sha256, over.file().kept[0].sha256
    decide(over, propose(over, "case-1"))
    age(over, IDLE.total_seconds() * 2)
    over.clock.advance(GRACE + timedelta(days=1))
    over.sweep()
    assert not over.room.blobs.has(only)
    assert over.room.blobs.has(shared)  # case-2 has the same scan


def test_who_proposes_does_not_approve_and_a_list_is_decided_once(over: Rooms) -> None:
    proposed = propose(over, "case-1")
    with pytest.raises(Forbidden, match="own_destruction"):
        decide(over, proposed, actor("manager", "archivist", id="archivist-9"))
    with pytest.raises(NotFound, match="destruction_not_found"):
        decide(over, proposed, actor("manager", id="manager-2", center="610903"))
    assert decide(over, proposed, approved=False).state is DestructionState.REJECTED
    with pytest.raises(Conflict, match="destruction_state"):
        decide(over, proposed)
    assert over.file().state is FileState.HANDED_OVER


def test_nothing_is_proposed_whose_term_runs_or_that_is_held_or_not_in_the_archive(kept: Rooms) -> None:
    kept.received("case-3")
    for file_id, why in (("case-1", "保管期限至 2036-12-31"), ("case-3", "尚未全部移交档案")):
        with pytest.raises(Conflict, match=why):
            propose(kept, file_id)
    kept.clock.advance(timedelta(days=3700))
    hold(kept)
    with pytest.raises(Conflict, match="暂缓销毁：行政诉讼中"):
        propose(kept, "case-1", "case-2")
    with pytest.raises(Invalid, match="files_missing"):
        propose(kept)
    with pytest.raises(Forbidden, match="center_not_allowed"):
        propose(kept, "case-2", who=actor("archivist", center="610903"))
    page = list_destructions(room=kept.room, call=kept.by(ARCHIVIST), center_id="610902", limit=0, cursor="")
    assert page.items == ()


def test_a_hold_stops_what_was_proposed_already_until_it_is_lifted(over: Rooms) -> None:
    proposed = propose(over, "case-1", "case-2")
    assert hold(over).hold is not None
    with pytest.raises(Conflict, match="file_held"):
        hold(over)
    done = decide(over, proposed)
    assert [line.kept_because for line in done.lines] == ["暂缓销毁：行政诉讼中", ""]
    assert [each.state for each in over.files()] == [FileState.HANDED_OVER, FileState.DESTROYED]
    lifted = handlers.lift_hold(
        room=over.room, call=over.by(MANAGER), file_id="case-1", reason="诉讼终结", expected_version=0
    )
    assert lifted.hold is None
    with pytest.raises(Conflict, match="file_not_held"):
        handlers.lift_hold(room=over.room, call=over.by(MANAGER), file_id="case-1", reason="再次", expected_version=0)
    assert decide(over, propose(over, "case-1")).lines[0].kept_because == ""


def test_a_list_that_breaks_off_is_carried_out_by_the_alarm_once(over: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    proposed, real = propose(over, "case-1", "case-2"), over.room.files.save

    def broken(file: Any, *args: Any, **kwargs: Any) -> Any:
        if file.id == "case-2":
            raise Unavailable("store_unavailable", "暂时无法保存。")
        return real(file, *args, **kwargs)

    monkeypatch.setattr(over.room.files, "save", broken)
    with pytest.raises(Unavailable):
        decide(over, proposed)
    monkeypatch.undo()
    over.clock.advance(timedelta(minutes=1))
    over.sweep()
    over.sweep()
    assert [each.state for each in over.files()] == [FileState.DESTROYED] * 2
    assert over.told().count("case_file_destroyed") == 2
    assert over.room.destructions.get(proposed.id).state is DestructionState.DONE


def test_what_is_destroyed_takes_nothing_more_and_is_not_handed_out(over: Rooms) -> None:
    decide(over, propose(over, "case-1"))
    before = over.file()
    over.evaluated()
    assert over.file() == before
    with pytest.raises(Conflict, match="file_destroyed"):
        hold(over)
    [handed] = over.room.hand_overs.each("by_center", center_id="610902")
    with pytest.raises(Conflict, match="file_destroyed"):
        over.package(handed)


def test_the_same_proposal_sent_again_is_one_list(over: Rooms) -> None:
    assert propose(over, "case-1", key="k").id == propose(over, "case-1", key="k").id
