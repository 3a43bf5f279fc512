"""An archive holds everything, is refused when anything in it was changed, and fills an empty site only."""

from __future__ import annotations

import gzip
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.backup.check import verify
from cli.backup.command import run_backup, run_restore
from cli.backup.container import Damaged, reading, whole, writing
from cli.backup.cut import ATTEMPTS, cut
from cli.backup.manifest import MANIFEST, SEAL
from cli.backup.records import PART_BYTES, encode_record, parts
from cli.preflight import check_data
from cli.refusal import Refusal
from cli.site import Site
from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.call import Idempotency
from kit.events import Event
from kit.snapshot import StoredDocument
from kit.store.port import AlreadyApplied, Document, Duplicate, Index, Kind, Mark
from kit.store.sqlite import SqliteStore
from tests.contract.blobs_contract import PDF

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOPIC = "tongban.queuing.v1"
LARGE = b"%PDF-1.7\n" + random.Random(1).randbytes(400 * 1024)
KIND = Kind("ticket", (Index("by_number", ("number",), unique=True),), schema_version=3)


def event(number: int) -> Event:
    return Event(f"e{number}", "tongban.queuing.ticket_taken.v1", "local/queuing", f"t{number % 5}", "j", NOW, b"\0x")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with something of everything in it."""
    made = Site(tmp_path / "site")
    made.create_folders()
    made.create_keys()
    fill(made)
    made.site_file.write_text('{"format": 1, "files": []}')
    made.audit_file.write_text("{}\n")
    return made


def fill(site: Site) -> None:
    store = SqliteStore(site.store_file("queuing"), [KIND])
    for number in range(20):
        asked = Idempotency(f"k{number}", "f") if number % 2 else None
        mark = Mark("queuing.x", f"m{number}")
        store.insert("ticket", f"t{number}", {"number": f"A{number:03}", "名": "张三"}, mark=mark, idempotency=asked)
    store.save("ticket", "t3", {"number": "A003"}, 1, events=[event(100), event(101)])
    for _ in range(7):
        store.next_number("tickets:2026")
    store.close()
    bus = SqliteBus(site.bus_file, site.run_dir)
    bus.publish(TOPIC, [event(number) for number in range(40)])
    bus.publish("evaluation.invitations.dlq", [event(1)], [{"dlq_code": "bad"}])
    member = bus.consumer("evaluation.invitations", [TOPIC])
    for received in member.poll(5, 25):
        member.commit(received)
    member.close()
    bus.close()
    blobs = FileBlobs(site.data / "blobs" / "intake")
    blobs.put([PDF], filename="a.pdf", max_bytes=1 << 20, allowed=frozenset({"application/pdf"}))


@pytest.fixture
def archive(site: Site, tmp_path: Path) -> Path:
    target = tmp_path / "a.tar"
    assert run_backup(site, target) == 0
    return target


def empty_site(site: Site, folder: Path) -> Site:
    """Another folder with the same secret."""
    made = Site(folder)
    made.create_folders()
    made.site_secret_file.write_bytes(site.site_secret_file.read_bytes())
    return made


@pytest.fixture
def copy(site: Site, archive: Path, tmp_path: Path) -> Site:
    made = empty_site(site, tmp_path / "copy")
    assert run_restore(made, archive, other_secret=False) == 0
    return made


def refusal(work: Callable[..., object], *arguments: object, **named: object) -> str:
    with pytest.raises(Refusal) as caught:
        work(*arguments, **named)
    return str(caught.value)


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


# ── Damage ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parts_of(archive: Path) -> list[tuple[str, bytes]]:
    with reading(archive) as reader:
        return [(name, whole(content)) for name, _, content in reader.parts()]


def rewritten(archive: Path, parts: list[tuple[str, bytes]]) -> Path:
    archive.unlink()
    with writing(archive) as writer:
        for name, content in parts:
            writer.add(name, content)
    return archive


def kinds_of_parts() -> list[str]:
    return [
        "services/queuing/documents/",
        "services/queuing/marks/",
        "services/queuing/numbers/",
        "services/queuing/pending/",
        "bus/positions/",
        f"bus/events/{TOPIC}/",
        "blobs/intake/",
        "files/audit.log",
        MANIFEST,
        SEAL,
    ]


@pytest.mark.parametrize("kind", kinds_of_parts())
def test_a_flipped_byte_in_any_kind_of_part_is_refused_by_its_name(archive: Path, kind: str) -> None:
    content = bytearray(archive.read_bytes())
    name, part = next((name, part) for name, part in parts_of(archive) if name.startswith(kind))
    at = content.index(name.encode() + b"\0") // 512 * 512 + 512 + len(part) // 2
    content[at] ^= 0x20
    archive.write_bytes(content)
    said = refusal(verify, archive)
    assert "damaged" in said
    assert (MANIFEST if kind == SEAL else name) in said


@pytest.mark.parametrize("kind", kinds_of_parts())
def test_a_missing_part_is_refused_by_its_name(archive: Path, kind: str) -> None:
    parts = parts_of(archive)
    name = next(name for name, _ in parts if name.startswith(kind))
    rewritten(archive, [(each, content) for each, content in parts if each != name])
    said = refusal(verify, archive)
    assert name in said or (kind == MANIFEST and SEAL in said)


def test_a_part_too_many_or_in_another_place_is_refused(archive: Path) -> None:
    parts = parts_of(archive)
    rewritten(archive, [("services/queuing/documents/000009.jsonl.gz", gzip.compress(b"")), *parts])
    assert "is not in the manifest" in refusal(verify, archive)
    rewritten(archive, [*parts[1:3], parts[0], *parts[3:]])
    assert "in another order" in refusal(verify, archive)
    rewritten(archive, [*parts, ("files/audit.log", b"")])
    assert "stands behind" in refusal(verify, archive)


def test_a_changed_number_in_the_manifest_is_refused(archive: Path) -> None:
    parts = dict(parts_of(archive))
    said = orjson.loads(parts[MANIFEST])
    said["counts"]["services"]["queuing"]["marks"] += 1
    text = orjson.dumps(said)
    seal = hashlib.sha256(text).hexdigest().encode()
    rewritten(archive, [*list(parts.items())[:-2], (MANIFEST, text), (SEAL, seal)])
    assert "numbers of records differ" in refusal(verify, archive)


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_anywhere_goes_unseen(small: Path, where: float, bit: int) -> None:
    content = bytearray(small.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    broken = small.with_name("broken.tar")
    broken.write_bytes(content)
    with pytest.raises(Damaged):
        verify(broken)


@settings(max_examples=40, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True))
def test_an_archive_that_was_cut_off_is_refused_wherever(small: Path, where: float) -> None:
    broken = small.with_name("cut.tar")
    broken.write_bytes(small.read_bytes()[: int(where * small.stat().st_size)])
    with pytest.raises(Damaged):
        verify(broken)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("small")
    made = Site(folder / "site")
    made.create_folders()
    made.create_keys()
    fill(made)
    made.site_file.write_text('{"format": 1, "files": []}')
    run_backup(made, folder / "a.tar")
    yield folder / "a.tar"
    shutil.rmtree(folder)


def test_a_damaged_archive_is_not_restored_and_the_site_stays_empty(site: Site, archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    copy = empty_site(site, tmp_path / "copy")
    assert "damaged" in refusal(run_restore, copy, archive, other_secret=False)
    assert not list(copy.data.glob("*.db"))
    assert not copy.restoring_file.exists()


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


# ── While writing ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_disk_leaves_nothing_that_looks_like_a_backup(site: Site, tmp_path: Path) -> None:
    FileBlobs(site.data / "blobs" / "intake").put_back(hashlib.sha256(LARGE).hexdigest(), [LARGE])
    folder = tmp_path / "small"
    folder.mkdir()
    # From where SQLite has room for what it needs to read, to just below a whole archive.
    for limit in range(64 * 1024, len(LARGE), 100 * 1024):
        code = (
            "import resource, signal, sys; from pathlib import Path; from cli.main import app\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
            f"sys.argv = ['tongban', 'backup', {str(folder / 'a.tar')!r}, '--data', {str(site.data)!r}]\n"
            "app()"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, limit
        assert "could not be written" in done.stderr
        assert list(folder.iterdir()) == []


def test_a_killed_backup_leaves_nothing_under_its_name(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    code = (
        "import os, signal; from pathlib import Path; from cli.backup.container import writing\n"
        f"with writing(Path({str(target)!r})) as writer:\n"
        "    writer.add('files/audit.log', b'x' * 10**6)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert run_backup(site, target) == 0, "what was left over is in nobody's way"
    assert [each.name for each in tmp_path.glob("a.tar*")] == ["a.tar"]


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
