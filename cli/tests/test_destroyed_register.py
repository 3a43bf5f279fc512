"""What was destroyed doesn't come back with an older backup: the register beside the archives says so, and is obeyed."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from cli.backup.command import run_backup, run_restore
from cli.backup.register import NAME
from cli.site import Site
from cli.tests.archives import empty_site, full_site, refusal
from kit.actor import service_actor
from kit.blobs.files import FileBlobs
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.call import Call
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from services.archive.domain.case_file import CaseFile, FileState, Retention, Term
from services.archive.domain.destruction import Destruction, DestructionState, line_of
from services.archive.domain.entries import Kept
from services.archive.events import TABLE
from services.archive.handlers import CASE_FILES, DESTRUCTIONS, KINDS, case_file_keys, settling_keys
from services.archive.handlers.room import holder_of
from tests.contract.blobs_contract import PDF

NOW = datetime(2037, 1, 4, tzinfo=UTC)
SHA256 = hashlib.sha256(PDF).hexdigest()


class Room:
    """The archive's documents and files on a site where nothing runs."""

    def __init__(self, site: Site) -> None:
        self.store = SqliteStore(site.store_file("archive"), KINDS)
        self.blobs = FileBlobs(site.data / "blobs" / "archive")
        encoder, ids = EventEncoder("local", "archive", TABLE), Ids()
        self.files = Repository(self.store, CASE_FILES, CaseFile, encoder, ids, keys=case_file_keys)
        self.lists = Repository(self.store, DESTRUCTIONS, Destruction, encoder, ids, keys=settling_keys)
        self.uses = Uses("archive", Repository(self.store, KEPT_FILES, KeptFile, encoder, ids), self.blobs)
        self.call = Call(service_actor("archive"), NOW)

    def close(self) -> None:
        self.store.close()


def filed(room: Room, id: str) -> CaseFile:
    """A file in the archive with one content."""
    room.blobs.put([PDF], filename="a.pdf", max_bytes=1 << 20, allowed=frozenset({"application/pdf"}))
    room.uses.note(room.call, holder_of(id), [SHA256])
    kept = CaseFile(
        id=id,
        number=f"N-{id}",
        center_id="610902",
        item_id="i",
        item_version=1,
        item_name="食品经营许可",
        department_key="sp",
        journey="j",
        opened_at=NOW,
        state=FileState.HANDED_OVER,
        retention=Retention(Term.YEARS_10, "中心"),
        kept=(Kept(1, SHA256, len(PDF), "application/pdf"),),
    )
    return room.files.create(kept, [], room.call)


def destroy(room: Room, file: CaseFile) -> None:
    made = Destruction(
        id=f"d-{file.id}",
        number="XH610902-2037-00001",
        center_id="610902",
        state=DestructionState.DONE,
        reason="保管期满",
        lines=(line_of(file), replace(line_of(file), file_id="c-9", kept_because="永久保管")),
        proposed_by_id="a",
        proposed_by_name="赵档案员",
        proposed_at=NOW,
        opened_at=NOW,
        decided_by_id="m",
        decided_by_name="钱主任",
        decided_at=NOW,
        done_at=NOW,
    )
    room.lists.create(made, [], room.call)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = full_site(tmp_path / "site")
    with closing(Room(made)) as room:
        filed(room, "c-1")
        filed(room, "c-9")
    return made


@pytest.fixture
def archives(site: Site, tmp_path: Path) -> Path:
    """An archive from before the destruction, one from after it, and the register."""
    folder = tmp_path / "archives"
    folder.mkdir()
    assert run_backup(site, folder / "before.tar") == 0
    assert not (folder / NAME).exists()
    with closing(Room(site)) as room:
        destroy(room, room.files.get("c-1"))
    assert run_backup(site, folder / "after.tar") == 0
    return folder


def test_a_restore_from_before_carries_the_destruction_out_again(
    site: Site, archives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = empty_site(site, tmp_path / "copy")
    assert run_restore(copy, archives / "before.tar", other_secret=False) == 0
    assert "1 case files destroyed again" in capsys.readouterr().out
    with closing(Room(copy)) as room:
        gone, other = room.files.get("c-1"), room.files.get("c-9")
        assert (gone.state, gone.kept, gone.destruction_number) == (FileState.DESTROYED, (), "XH610902-2037-00001")
        assert (other.state, len(other.kept)) == (FileState.HANDED_OVER, 1)
        assert room.lists.get("d-c-1").state is DestructionState.DONE
        # A content that another file has, too, stays with that one alone.
        assert room.uses.held_by(holder_of("c-1")) == ()
        assert room.uses.held_by(holder_of("c-9")) == (SHA256,)
        told = [each.event.type.split(".")[2] for each in room.store.pending(10)]
        assert told == ["case_file_destroyed"]


def test_a_register_that_is_not_this_sites_or_was_changed_is_refused_and_nothing_is_restored(
    site: Site, archives: Path, tmp_path: Path
) -> None:
    before, register = archives / "before.tar", archives / NAME
    copy = empty_site(site, tmp_path / "copy")
    whole = register.read_bytes()
    head, *rest = whole.splitlines(keepends=True)
    for content, said in (
        (whole.replace(b"c-1", b"c-9"), "was changed"),
        (orjson.dumps({"site": "other"}) + b"\n" + b"".join(rest), "is of site 'other'"),
        (head, "no register"),
        (whole[:-5], "no register"),
    ):
        register.write_bytes(content)
        assert said in refusal(run_restore, copy, before, other_secret=False)
    register.write_bytes(whole)
    assert run_restore(copy, before, other_secret=False) == 0


def test_a_later_backup_adds_to_the_register_and_takes_nothing_away(site: Site, archives: Path, tmp_path: Path) -> None:
    one = (archives / NAME).read_bytes()
    assert run_backup(site, archives / "again.tar") == 0
    assert (archives / NAME).read_bytes() == one
    with closing(Room(site)) as room:
        destroy(room, room.files.get("c-9"))
    assert run_backup(site, archives / "later.tar") == 0
    assert [b"d-c-1" in each for each in (archives / NAME).read_bytes().splitlines()].count(True) == 1
    copy = empty_site(site, tmp_path / "copy")
    elsewhere = tmp_path / "moved.jsonl"
    (archives / NAME).rename(elsewhere)
    assert run_restore(copy, archives / "before.tar", other_secret=False, destroyed=elsewhere) == 0
    with closing(Room(copy)) as room:
        assert [room.files.get(id).state for id in ("c-1", "c-9")] == [FileState.DESTROYED] * 2
