"""Handing over with a list that both sides say yes to (rules J02), also when it breaks off in the middle."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from kit.testing import actor
from reference.papers.testing import words
from services.archive.domain.case_file import FileState
from services.archive.domain.hand_over import HandOver, HandOverState, Side
from services.archive.handlers import check_hand_over, get_case_file, receipt, return_hand_over, side_of
from services.archive.handlers.catalogue import Printer
from services.archive.queries import list_hand_overs
from services.archive.tests.archive_rooms import CLERK, RECEIVER, SCAN_SHA256, Rooms

ARCHIVIST = replace(actor("archivist", id="archivist-9"), name="赵档案员")


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
        room=filed.room,
        call=filed.by(RECEIVER),
        hand_over_id=proposed.id,
        reason="缺扫描件",
        expected_version=0,
    )
    assert (returned.state, returned.reason, filed.file().hand_over_id) == (HandOverState.RETURNED, "缺扫描件", None)
    assert filed.propose("case-1").state is HandOverState.PROPOSED


def test_nobody_but_the_named_receiver_answers_and_only_what_they_saw(filed: Rooms) -> None:
    proposed = filed.propose("case-1")
    with pytest.raises(Forbidden, match="own_hand_over"):
        filed.confirm(proposed, who=CLERK)
    for stranger in (actor("reviewer", id="r-9"), ARCHIVIST):
        with pytest.raises(Forbidden, match="not_the_receiver"):
            filed.confirm(proposed, who=stranger)
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
    elsewhere = actor("archivist", id="a-2", center="610903")
    for stranger in (actor("reviewer", id="r-9"), actor("manager", id="m-2", center="610903"), elsewhere):
        with pytest.raises(NotFound):
            side_of(filed.room, filed.by(stranger), proposed.id, onlookers=("manager",))


# ── The center's archivist, and both signatures ──────────────────────────────────────────────────────────────────


def test_what_names_no_receiver_is_the_archivists_to_take_and_both_sides_have_signed(filed: Rooms) -> None:
    proposed = filed.propose("case-1", receiver="")
    waiting = list_hand_overs(
        room=filed.room, call=filed.by(ARCHIVIST), center_id="610902", to_me=True, limit=0, cursor=""
    )
    assert [each.id for each in waiting.items] == [proposed.id]
    for stranger in (RECEIVER, actor("archivist", id="a-2", center="610903")):
        with pytest.raises(Forbidden, match="not_the_receiver"):
            filed.confirm(proposed, who=stranger)
    confirmed = filed.confirm(proposed, who=ARCHIVIST)
    assert [(each.side, each.by_id) for each in confirmed.signatures] == [
        (Side.GIVER, "clerk-1"),
        (Side.RECEIVER, "archivist-9"),
    ]
    for each in confirmed.signatures:
        said = json.loads(each.statement)
        assert (said["list_sha256"], said["by"][0]) == (confirmed.list_sha256, each.by_id)
        assert hashlib.sha256(each.statement.encode()).hexdigest() == each.sha256


def test_who_hands_over_does_not_receive_though_an_archivist_too(filed: Rooms) -> None:
    both = actor("clerk", "archivist", id="clerk-1")
    with pytest.raises(Forbidden, match="own_hand_over"):
        filed.confirm(filed.propose("case-1", who=both, receiver=""), who=both)


def test_everything_is_hashed_anew_before_the_receiver_signs(filed: Rooms) -> None:
    proposed = filed.propose("case-1", "case-2")
    whole = check_hand_over(room=filed.room, call=filed.by(RECEIVER), hand_over_id=proposed.id)
    assert (whole.list_sha256, whole.troubles, whole.contents) == (proposed.list_sha256, (), 5)
    with pytest.raises(Forbidden, match="not_the_receiver"):
        check_hand_over(room=filed.room, call=filed.by(ARCHIVIST), hand_over_id=proposed.id)
    spoil(filed, SCAN_SHA256)
    found = check_hand_over(room=filed.room, call=filed.by(RECEIVER), hand_over_id=proposed.id)
    assert [(each.file_id, each.what) for each in found.troubles] == [
        ("case-1", "第 1 项的内容缺失或者被改动"),
        ("case-2", "第 1 项的内容缺失或者被改动"),
    ]
    with pytest.raises(Conflict, match="package_damaged"):
        filed.confirm(proposed)
    assert filed.room.hand_overs.get(proposed.id).state is HandOverState.PROPOSED


def test_a_line_that_was_changed_in_the_store_is_found(filed: Rooms) -> None:
    proposed = filed.propose("case-1")
    document = filed.store.get("case_file", "case-1")
    assert document is not None
    document.body["entries"][4]["text"] = "不符合条件"
    filed.store.save("case_file", "case-1", document.body, document.version)
    found = check_hand_over(room=filed.room, call=filed.by(RECEIVER), hand_over_id=proposed.id)
    assert [each.what for each in found.troubles] == ["卷内目录第 5 项被改动"]


def test_a_list_comes_back_with_a_reason_for_each_line(filed: Rooms) -> None:
    proposed = filed.propose("case-1", "case-2")

    def send_back(reason: str, of_lines: dict[str, str]) -> HandOver:
        return return_hand_over(
            room=filed.room,
            call=filed.by(RECEIVER),
            hand_over_id=proposed.id,
            reason=reason,
            of_lines=of_lines,
            expected_version=0,
        )

    with pytest.raises(Invalid, match="reason_missing"):
        send_back("", {})
    with pytest.raises(Invalid, match="line_not_listed"):
        send_back("", {"case-9": "不在清单"})
    returned = send_back("", {"case-2": "缺第 3 页"})
    assert [line.return_reason for line in returned.lines] == ["", "缺第 3 页"]
    assert [each.hand_over_id for each in filed.files()] == [None, None]


def test_a_receipt_is_given_once_it_is_signed_and_the_same_ever_after(filed: Rooms) -> None:
    proposed = filed.propose("case-1", receiver="")
    with pytest.raises(Conflict, match="hand_over_unconfirmed"):
        receipt(room=filed.room, call=filed.by(), hand_over=proposed)
    filed.confirm(proposed, who=ARCHIVIST)
    first = receipt(room=filed.room, call=filed.by(), hand_over=filed.room.hand_overs.get(proposed.id))
    kept = filed.room.hand_overs.get(proposed.id)
    assert kept.receipt is not None
    assert receipt(room=filed.room, call=filed.by(), hand_over=kept) == first


def test_a_receipt_names_both_sides_and_every_file(filed: Rooms) -> None:
    proposed = filed.propose("case-1", receiver="")
    confirmed = filed.confirm(proposed, who=ARCHIVIST)
    pdf = Printer(filed.room.reference).receipt(confirmed)
    assert b"pdfaid" in pdf
    text = words(pdf)
    for expected in ("案卷移交接收回执", confirmed.number, "61090220261123001", "移交人", "接收人", "赵档案员"):
        assert expected in text


def test_an_archivist_opens_what_came_to_the_archive_and_nothing_before(filed: Rooms) -> None:
    def look() -> None:
        get_case_file(room=filed.room, call=filed.by(ARCHIVIST), file_id="case-1", purpose="核对")

    with pytest.raises(Forbidden):
        look()
    proposed = filed.propose("case-1", receiver="")
    look()
    filed.confirm(proposed, who=ARCHIVIST)
    look()


def spoil(rooms: Rooms, sha256: str) -> None:
    """Another content where this one is kept."""
    [path] = [each for each in Path(rooms.room.blobs._folder).rglob("*") if sha256 in each.name]  # type: ignore[attr-defined]
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.4 spoiled")


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
