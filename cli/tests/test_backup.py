"""An archive holds everything, and fills an empty site only."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.backup.check import verify
from cli.backup.command import run_backup, run_restore
from cli.backup.cut import ATTEMPTS, cut
from cli.backup.records import PART_BYTES, encode_record, parts
from cli.preflight import check_data
from cli.refusal import Refusal
from cli.site import Site
from cli.tests.archives import KIND, TOPIC, empty_site, event, full_site, refusal
from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.snapshot import StoredDocument
from kit.store.port import AlreadyApplied, Document, Duplicate, Mark
from kit.store.sqlite import SqliteStore
from tests.contract.blobs_contract import PDF


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = full_site(tmp_path / "site")
    made.audit_file.write_text("{}\n")
    return made


@pytest.fixture
def archive(site: Site, tmp_path: Path) -> Path:
    target = tmp_path / "a.tar"
    assert run_backup(site, target) == 0
    return target


@pytest.fixture
def copy(site: Site, archive: Path, tmp_path: Path) -> Site:
    made = empty_site(site, tmp_path / "copy")
    assert run_restore(made, archive, other_secret=False) == 0
    return made


# ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────


def test_documents_come_back_with_versions_keys_and_marks(site: Site, copy: Site) -> None:
    old, new = (SqliteStore(each.store_file("queuing"), [KIND]) for each in (site, copy))
    assert list(new.scan("ticket")) == list(old.scan("ticket"))
    assert {each.schema_version for each in new.scan("ticket")} == {3}
    assert new.find_created("ticket", "k7") == old.find_created("ticket", "k7")
    with pytest.raises(AlreadyApplied):
        new.insert("ticket", "other", {}, mark=Mark("queuing.x", "m4"))
    with pytest.raises(Duplicate):
        new.insert("ticket", "other", {"number": "A004"})
    assert new.next_number("tickets:2026") == 8
    assert [each.event for each in new.pending(10)] == [event(100), event(101)]
    old.close()
    new.close()


def test_every_group_goes_on_where_it_was_and_a_new_one_reads_from_the_start(site: Site, copy: Site) -> None:
    old, new = (SqliteBus(each.bus_file, each.run_dir) for each in (site, copy))
    assert old.lag("evaluation.invitations", [TOPIC]) == new.lag("evaluation.invitations", [TOPIC]) == 15
    assert new.lag("supervision.journeys", [TOPIC]) == 40
    assert new.read(TOPIC) == old.read(TOPIC), "at the same positions"
    assert new.read("evaluation.invitations.dlq")[0].headers["dlq_code"] == "bad"
    old.close()
    new.close()


def test_files_come_back_and_the_secrets_stay_out(site: Site, copy: Site, archive: Path) -> None:
    (blob,) = FileBlobs(copy.data / "blobs" / "intake").stored()
    assert b"".join(FileBlobs(copy.data / "blobs" / "intake").get(blob.sha256)) == PDF
    assert copy.audit_file.read_text() == "{}\n"
    content = archive.read_bytes()
    for secret in site.secret_dir.iterdir():
        assert secret.read_bytes() not in content
    assert archive.stat().st_mode & 0o077 == 0
    assert check_data(copy) == []


def test_a_backup_of_the_restored_site_is_the_same(site: Site, copy: Site, archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.tar"
    run_backup(copy, again)
    first, second = (
        [part for part in verify(each).parts if not part.name.startswith("bus/positions")] for each in (archive, again)
    )
    assert first == second


# ── Where it is refused ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_site_that_is_not_empty_is_left_alone(site: Site, archive: Path) -> None:
    before = {path: path.read_bytes() for path in site.data.glob("*.db")}
    said = refusal(run_restore, site, archive, other_secret=False)
    assert "isn't empty: there are documents of queuing, files of intake, events" in said
    assert {path: path.read_bytes() for path in site.data.glob("*.db")} == before


def test_another_secret_is_refused_unless_the_right_one_is_lost(site: Site, archive: Path, tmp_path: Path) -> None:
    copy = empty_site(site, tmp_path / "copy")
    copy.site_secret_file.write_text("another")
    assert "not the one that the archive was made with" in refusal(run_restore, copy, archive, other_secret=False)
    copy.site_secret_file.unlink()
    assert "Put the site's secret there first" in refusal(run_restore, copy, archive, other_secret=False)
    copy.site_secret_file.write_text("another")
    assert run_restore(copy, archive, other_secret=True) == 0


def test_a_running_site_is_not_restored_into(site: Site, archive: Path, tmp_path: Path) -> None:
    from cli.preflight import locked

    copy = empty_site(site, tmp_path / "copy")
    with locked(copy):
        assert "already runs" in refusal(run_restore, copy, archive, other_secret=False)


def test_a_restore_that_was_cut_off_leaves_a_folder_that_does_not_start(
    site: Site, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = empty_site(site, tmp_path / "copy")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileBlobs, "put_back", broken)
    with pytest.raises(OSError, match="No space"):
        run_restore(copy, archive, other_secret=False)
    assert "half a site" in refusal(check_data, copy)
    assert "half a site" in refusal(run_restore, copy, archive, other_secret=False)


def test_a_part_is_all_that_is_ever_in_memory() -> None:
    body = {"text": "x" * 1000}
    many = (StoredDocument(Document("ticket", str(number), 1, body)) for number in range(30_000))
    tracemalloc.start()
    try:
        sizes = [len(part) for part in parts(many, encode_record, lambda _: None)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(sizes) > 6
    assert peak < PART_BYTES


def test_a_backup_never_replaces_a_file(site: Site, archive: Path) -> None:
    before = archive.read_bytes()
    assert "exists" in refusal(run_backup, site, archive)
    assert archive.read_bytes() == before


def test_a_file_that_the_site_lost_is_named_and_the_rest_is_saved(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (blob,) = FileBlobs(site.data / "blobs" / "intake").stored()
    (site.data / "blobs" / "intake" / blob.sha256[:2] / blob.sha256).write_bytes(b"x" * blob.size)
    assert run_backup(site, tmp_path / "a.tar") == 1
    assert f"NOT in the backup: intake/{blob.sha256}" in capsys.readouterr().err
    assert verify(tmp_path / "a.tar").counts.services["intake"].blobs == 0


# ── The cut ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Restless:
    """A bus that can't be locked, and on which something is published during the first cuts."""

    def __init__(self, restless: int) -> None:
        self.left = restless
        self.cuts = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        self.cuts += 1
        yield

    @contextmanager
    def snapshot(self) -> Iterator[Restless]:
        yield self

    def disturbed(self) -> bool:
        self.left -= 1
        return self.left >= 0


def test_a_cut_during_which_something_was_published_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.backup.cut._PAUSE", 0)
    bus = Restless(3)
    with cut({}, bus):  # type: ignore[arg-type]
        pass
    assert bus.cuts == 4
    with pytest.raises(Refusal, match="at a quieter time"), cut({}, Restless(ATTEMPTS)):  # type: ignore[arg-type]
        pass
