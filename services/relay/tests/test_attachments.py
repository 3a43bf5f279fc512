"""Files between two sites: piece by piece, over lines that break, and never another than the letter says."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.blobs.pieces_files import FilePieces
from kit.blobs.uses import KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import Conflict, Exhausted, Invalid, NotFound, TongbanError
from kit.events import EventEncoder
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids
from services.relay.domain.files import ATTEMPTS, FileState, LinkFile
from services.relay.domain.letter import Attachment, Letter
from services.relay.handlers.attachments import FILES, PIECE, Files
from services.relay.transports.file_flow import IN_FLIGHT, FileFlow
from tongban.relay.v1 import link_pb2

LINK = "0193-link"
CALL = Call(service_actor("relay"), MONDAY)
CONTENT = random.Random(7).randbytes(5 * PIECE + 17)


def place(folder: Path) -> Files:
    folder.mkdir(parents=True, exist_ok=True)
    store, blobs = SqliteStore(folder / "relay.db", [FILES, *USES_KINDS]), FileBlobs(folder / "blobs")
    encoder, ids = EventEncoder("s", "relay", {}), seeded_ids(1)
    uses = Uses("relay", Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs, grace=None)
    return Files(Repository(store, FILES, LinkFile, encoder, ids), blobs, FilePieces(folder / "pieces"), uses)


def naming(content: bytes, id: str = "first") -> Letter:
    return Letter(id, "a", "b", "crossing.submitted", 1, "j", MONDAY, b"x", attachments=(named(content),))


def named(content: bytes, size: int | None = None) -> Attachment:
    return Attachment(hashlib.sha256(content).hexdigest(), size or len(content), "application/pdf", "营业执照.pdf")


@pytest.fixture
def giver(tmp_path: Path) -> Files:
    files = place(tmp_path / "giver")
    files.keep(CALL, named(CONTENT).sha256, [CONTENT], max_bytes=1 << 30)
    files.offer(CALL, LINK, naming(CONTENT), carried=False)
    return files


@pytest.fixture
def taker(tmp_path: Path) -> Files:
    return place(tmp_path / "taker")


def carry(
    giving: FileFlow, taking: FileFlow, *, pieces: int = 10_000, spoil: Callable[[bytes], bytes] = lambda data: data
) -> int:
    """Speaks until nobody has anything to say or so many pieces have gone; how many went."""
    went = 0
    while wanted := taking.to_ask():
        for frame in wanted:
            giving.receive(frame, CALL)
        while (answer := giving.to_give()) is not None:
            if went == pieces:
                return went
            went += answer.WhichOneof("body") == "attachment_chunk"
            answer.attachment_chunk.data = spoil(answer.attachment_chunk.data)
            taking.receive(answer, CALL)
    return went


def flow(files: Files) -> FileFlow:
    return FileFlow(LINK, files, lambda: 0.0)


def test_a_file_arrives_whole_in_as_many_pieces_as_it_takes(giver: Files, taker: Files) -> None:
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.WANTED
    assert carry(flow(giver), flow(taker)) == 6
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE
    assert b"".join(taker.read(named(CONTENT).sha256)) == CONTENT
    assert list(taker.pieces.begun()) == []


def test_after_a_break_a_file_goes_on_from_the_last_piece_that_was_kept(
    giver: Files, taker: Files, tmp_path: Path
) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    assert carry(flow(giver), flow(taker), pieces=2) == 2
    again = place(tmp_path / "taker")
    assert [each.offset for each in again.wanted(LINK, 9)] == [2 * PIECE]
    assert carry(flow(giver), flow(again)) == 4
    assert again.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE


def test_no_more_pieces_are_on_their_way_than_a_break_may_cost(giver: Files, taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    asking = flow(taker)
    assert len(asking.to_ask()) == IN_FLIGHT
    assert asking.to_ask() == []


def test_a_small_file_does_not_wait_for_a_large_one(giver: Files, taker: Files) -> None:
    small = b"%PDF small"
    giver.keep(CALL, named(small).sha256, [small], max_bytes=100)
    giver.offer(CALL, LINK, naming(small), carried=False)
    taker.want(CALL, LINK, [named(CONTENT)])
    taker.want(CALL, LINK, [named(small)])
    carry(flow(giver), flow(taker), pieces=2)
    assert taker.want(CALL, LINK, [named(small)]) is FileState.COMPLETE
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.WANTED


def test_another_file_under_the_same_address_is_asked_for_again_and_then_refused(giver: Files, taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    carry(flow(giver), flow(taker), spoil=lambda data: bytes([data[0] ^ 1]) + data[1:])
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.REFUSED
    assert taker.refusal(LINK, [named(CONTENT)]) == "attachment_damaged"
    assert not taker.blobs.has(named(CONTENT).sha256)
    assert list(taker.pieces.begun()) == []
    (record,) = taker.records.each("by_state", link=LINK, way="in", state=FileState.REFUSED)
    assert record.failures == ATTEMPTS


def test_a_file_spoilt_on_its_way_once_arrives_the_second_time(giver: Files, taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    spoilt = iter([True])
    carry(flow(giver), flow(taker), spoil=lambda data: b"\0" * len(data) if next(spoilt, False) else data)
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE


def test_a_piece_that_nobody_asked_for_is_refused(taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    chunk = link_pb2.AttachmentChunk(sha256=named(CONTENT).sha256, offset=0, data=CONTENT[:PIECE])
    with pytest.raises(TongbanError) as refused:
        flow(taker).receive(link_pb2.Frame(attachment_chunk=chunk), CALL)
    assert refused.value.code == "attachment_not_wanted"
    with pytest.raises(Conflict):
        taker.take(CALL, LINK, "0" * 64, 0, b"x")
    assert list(taker.pieces.begun()) == []


def test_more_than_its_letter_says_is_refused_before_it_is_kept(giver: Files, taker: Files) -> None:
    short = named(CONTENT, size=PIECE - 1)
    taker.want(CALL, LINK, [short])
    with pytest.raises(Invalid) as refused:
        carry(flow(giver), flow(taker))
    assert refused.value.code == "attachment_too_large"
    assert list(taker.pieces.begun()) == []


def test_a_neighbour_gets_only_what_a_letter_on_its_link_names(giver: Files) -> None:
    for link, sha256 in (("other-link", named(CONTENT).sha256), (LINK, "0" * 64), (LINK, "../../etc/passwd")):
        giving = FileFlow(link, giver, lambda: 0.0)
        giving.receive(link_pb2.Frame(attachment_wanted=link_pb2.AttachmentWanted(sha256=sha256)), CALL)
        answer = giving.to_give()
        assert answer is not None
        assert answer.WhichOneof("body") == "attachment_missing"


@pytest.mark.parametrize("offset", [-1, len(CONTENT), len(CONTENT) + 1])
def test_what_lies_outside_a_file_is_missing(giver: Files, offset: int) -> None:
    giving = flow(giver)
    wanted = link_pb2.AttachmentWanted(sha256=named(CONTENT).sha256, offset=offset)
    giving.receive(link_pb2.Frame(attachment_wanted=wanted), CALL)
    answer = giving.to_give()
    assert answer is not None
    assert answer.WhichOneof("body") == "attachment_missing"


def test_a_neighbour_that_asks_without_end_is_refused(giver: Files) -> None:
    giving = flow(giver)
    wanted = link_pb2.Frame(attachment_wanted=link_pb2.AttachmentWanted(sha256=named(CONTENT).sha256))
    for _ in range(64):
        giving.receive(wanted, CALL)
    with pytest.raises(TongbanError) as refused:
        giving.receive(wanted, CALL)
    assert refused.value.code == "attachment_asked_too_often"


def test_a_missing_file_rests_before_it_is_asked_for_again(taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    now = 0.0
    asking = FileFlow(LINK, taker, lambda: now)
    assert asking.to_ask()
    asking.receive(link_pb2.Frame(attachment_missing=link_pb2.AttachmentMissing(sha256=named(CONTENT).sha256)), CALL)
    assert asking.to_ask() == []
    now = 31.0
    assert asking.to_ask()


def test_a_file_that_is_here_already_is_not_asked_for(taker: Files) -> None:
    taker.keep(CALL, named(CONTENT).sha256, [CONTENT], max_bytes=1 << 30)
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE


def test_what_came_whole_before_a_crash_is_finished_after_it(giver: Files, taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    taker.pieces.append(named(CONTENT).sha256, 0, CONTENT)
    assert taker.whole(CALL, LINK) == 1
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE


def test_a_letter_names_files_only_after_they_were_kept(taker: Files) -> None:
    with pytest.raises(Invalid) as refused:
        taker.require_kept([named(CONTENT)])
    assert refused.value.code == "attachment_not_kept"
    with pytest.raises(Invalid) as refused:
        taker.keep(CALL, named(CONTENT).sha256, [CONTENT[:-1]], max_bytes=1 << 30)
    assert refused.value.code == "attachment_damaged"
    with pytest.raises(Invalid) as refused:
        taker.keep(CALL, named(CONTENT).sha256, [CONTENT], max_bytes=len(CONTENT) - 1)
    assert refused.value.code == "attachment_too_large"
    with pytest.raises(NotFound):
        list(taker.read(named(CONTENT).sha256))


def test_a_file_above_a_days_quota_waits_and_is_asked_for_when_there_is_room(taker: Files) -> None:
    room = [False]

    def count(call: Call, link: str, size: int) -> None:
        if not room[0]:
            raise Exhausted("daily_bytes_exhausted", "…")

    limited = replace(taker, count=count)
    assert limited.want(CALL, LINK, [named(CONTENT)]) is FileState.WANTED
    assert limited.wanted(LINK, 10) == ()
    room[0] = True
    assert limited.want(CALL, LINK, [named(CONTENT)]) is FileState.WANTED
    assert [each.sha256 for each in limited.wanted(LINK, 10)] == [named(CONTENT).sha256]


def test_pieces_that_nobody_waits_for_any_more_are_forgotten(giver: Files, taker: Files) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])
    taker.pieces.append(named(CONTENT).sha256, 0, CONTENT[:PIECE])
    taker.pieces.append("1" * 64, 0, b"of a link that was ended")
    assert taker.clear([LINK]) == 1
    assert [each.sha256 for each in taker.pieces.begun()] == [named(CONTENT).sha256]


# ── Let go of ────────────────────────────────────────────────────────────────────────────────────────────────────


def grown_old(files: Files, folder: Path) -> None:
    """What was put is no longer put just now, and whoever sweeps comes by."""
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    Sweeper(files.uses.alarms(), FixedClock(MONDAY), service_actor("relay")).sweep()


def test_a_file_goes_once_no_letter_refers_to_it_and_comes_again_for_another(
    giver: Files, taker: Files, tmp_path: Path
) -> None:
    for each in ("first", "second"):
        taker.claim(CALL, naming(CONTENT, each), carried=False)
    taker.want(CALL, LINK, [named(CONTENT)])
    carry(flow(giver), flow(taker))
    taker.let_go(CALL, "first")
    grown_old(taker, tmp_path / "taker" / "blobs")
    assert taker.blobs.has(named(CONTENT).sha256), "the second letter refers to it"
    for _ in range(2):
        taker.let_go(CALL, "second")
    grown_old(taker, tmp_path / "taker" / "blobs")
    assert not taker.blobs.has(named(CONTENT).sha256)
    taker.claim(CALL, naming(CONTENT, "third"), carried=False)
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.WANTED
    carry(flow(giver), flow(taker))
    assert taker.want(CALL, LINK, [named(CONTENT)]) is FileState.COMPLETE


def test_a_file_that_no_letter_named_yet_stays(giver: Files, tmp_path: Path) -> None:
    """Its letter may wait behind a consumer that stands still."""
    grown_old(giver, tmp_path / "giver" / "blobs")
    assert giver.blobs.has(named(CONTENT).sha256)


def test_a_file_that_came_before_its_letter_was_passed_on_is_not_taken_for_an_old_one(
    giver: Files, taker: Files, tmp_path: Path
) -> None:
    taker.want(CALL, LINK, [named(CONTENT)])  # as a partner's or a bundle's letter does
    carry(flow(giver), flow(taker))
    taker.claim(CALL, naming(CONTENT, "first"), carried=False)
    taker.let_go(CALL, "first")
    grown_old(taker, tmp_path / "taker" / "blobs")
    assert not taker.blobs.has(named(CONTENT).sha256)
