"""Handing over with a list that both sides say yes to (rules J02), also when it breaks off in the middle."""

from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from kit.testing import actor
from services.archive.domain.case_file import FileState
from services.archive.domain.hand_over import HandOverState
from services.archive.handlers import return_hand_over, side_of
from services.archive.tests.archive_rooms import CLERK, RECEIVER, Rooms


@pytest.fixture
def filed(rooms: Rooms) -> Rooms:
    for case_id in ("case-1", "case-2"):
        rooms.ended(case_id)
        rooms.file_away(case_id)
    return rooms


def test_the_receiver_confirms_the_list_that_was_seen(filed: Rooms) -> None:
    proposed = filed.propose("case-1", "case-2")
    assert (proposed.state, len(proposed.lines), proposed.number) == (HandOverState.PROPOSED, 2, "YJ610902-2026-00001")
    assert filed.file().hand_over_id == proposed.id
    confirmed = filed.confirm(proposed)
    assert confirmed.state is HandOverState.CONFIRMED
    assert [(each.state, each.not_handed_over) for each in filed.files()] == [(FileState.HANDED_OVER, 0)] * 2
    assert filed.told()[-4:] == [
        "archive_hand_over_proposed",
        "archive_hand_over_confirmed",
        "case_file_handed_over",
        "case_file_handed_over",
    ]


def test_the_receiver_returns_it_with_a_reason_and_it_may_be_handed_over_again(filed: Rooms) -> None:
    proposed = filed.propose("case-1")
    returned = return_hand_over(
        room=filed.room, call=filed.by(RECEIVER), hand_over_id=proposed.id, reason="缺扫描件", expected_version=0
    )
    assert (returned.state, returned.reason, filed.file().hand_over_id) == (HandOverState.RETURNED, "缺扫描件", None)
    assert filed.propose("case-1").state is HandOverState.PROPOSED


def test_nobody_but_the_named_receiver_answers_and_only_what_they_saw(filed: Rooms) -> None:
    proposed = filed.propose("case-1")
    with pytest.raises(Forbidden, match="not_the_receiver"):
        filed.confirm(proposed, who=CLERK)
    with pytest.raises(Conflict, match="list_changed"):
        filed.confirm(proposed.__class__(**{**fields(proposed), "list_sha256": "0" * 64}))
    filed.confirm(proposed)
    with pytest.raises(Conflict, match="hand_over_state"):
        filed.confirm(proposed)


def test_a_file_is_in_one_list_at_a_time(filed: Rooms) -> None:
    filed.propose("case-1")
    second = filed.propose("case-1", "case-2")
    assert ([line.file_id for line in second.lines], second.left_out) == (["case-2"], ("case-1",))
    third = filed.propose("case-1")
    assert (third.state, third.lines) == (HandOverState.RETURNED, ())


def test_the_same_proposal_sent_again_is_one_list(filed: Rooms) -> None:
    assert filed.propose("case-1", key="k").id == filed.propose("case-1", key="k").id
    assert filed.told().count("archive_hand_over_proposed") == 1


def test_a_proposal_that_breaks_off_is_finished_by_the_alarm(filed: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_after(filed, monkeypatch, saves=1)
    with pytest.raises(Unavailable):
        filed.propose("case-1", "case-2")
    monkeypatch.undo()
    [left] = filed.room.hand_overs.each("by_center", center_id="610902")
    assert left.state is HandOverState.PREPARING
    filed.pass_days(1)
    filed.sweep()
    done = filed.room.hand_overs.get(left.id)
    assert (done.state, len(done.lines)) == (HandOverState.PROPOSED, 2)


def test_a_confirmation_that_breaks_off_is_carried_out_once(filed: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    proposed = filed.propose("case-1", "case-2")
    breaks_after(filed, monkeypatch, saves=1)
    with pytest.raises(Unavailable):
        filed.confirm(proposed)
    monkeypatch.undo()
    assert [each.state for each in filed.files()].count(FileState.HANDED_OVER) == 1
    filed.pass_days(1)
    filed.sweep()
    assert [each.state for each in filed.files()] == [FileState.HANDED_OVER] * 2
    assert filed.told().count("case_file_handed_over") == 2
    assert filed.room.hand_overs.get(proposed.id).settles_at is None


def test_a_supplement_is_handed_over_after_the_file(filed: Rooms) -> None:
    filed.confirm(filed.propose("case-1"))
    filed.evaluated()
    filed.file_away()
    [line] = filed.propose("case-1").lines
    assert (line.first_entry, line.last_entry) == (9, 9)


def test_only_filed_files_of_the_own_center_are_handed_over(filed: Rooms) -> None:
    filed.received("case-3")
    assert filed.propose("case-3").state is HandOverState.RETURNED
    with pytest.raises(Invalid, match="files_too_many"):
        filed.propose(*(f"case-{number}" for number in range(201)))
    with pytest.raises(NotFound):
        filed.propose("case-77")
    with pytest.raises(Forbidden):
        filed.propose("case-1", who=actor("clerk", center="610903"))


def test_a_list_is_for_its_two_sides_and_who_oversees_them(filed: Rooms) -> None:
    proposed = filed.propose("case-1")
    for who in (CLERK, RECEIVER, actor("manager", id="m-1")):
        assert side_of(filed.room, filed.by(who), proposed.id, onlookers=("manager",)).id == proposed.id
    for stranger in (actor("reviewer", id="r-9"), actor("manager", id="m-2", center="610903")):
        with pytest.raises(NotFound):
            side_of(filed.room, filed.by(stranger), proposed.id, onlookers=("manager",))


def breaks_after(rooms: Rooms, monkeypatch: pytest.MonkeyPatch, *, saves: int) -> None:
    """The store fails after so many saves of files."""
    real, left = rooms.room.files.save, [saves]

    def save(*args: Any, **kwargs: Any) -> Any:
        if not left[0]:
            raise Unavailable("store_unavailable", "暂时无法保存。")
        left[0] -= 1
        return real(*args, **kwargs)

    monkeypatch.setattr(rooms.room.files, "save", save)


def fields(entity: Any) -> dict[str, Any]:
    """Its fields by name."""
    return {name: getattr(entity, name) for name in entity.__dataclass_fields__}
