"""An archive is refused when anything in it was changed; what could not be written whole is none."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.backup.check import verify
from cli.backup.command import run_backup, run_restore
from cli.backup.container import Damaged, reading, whole, writing
from cli.backup.manifest import MANIFEST, SEAL
from cli.site import Site
from cli.tests.archives import LARGE, TOPIC, empty_site, full_site, refusal
from kit.blobs.files import FileBlobs
from kit.testing import examples


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


@settings(max_examples=examples(60), deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_anywhere_goes_unseen(small: Path, where: float, bit: int) -> None:
    content = bytearray(small.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    broken = small.with_name("broken.tar")
    broken.write_bytes(content)
    with pytest.raises(Damaged):
        verify(broken)


@settings(max_examples=examples(40), deadline=None)
@given(where=st.floats(0, 1, exclude_max=True))
def test_an_archive_that_was_cut_off_is_refused_wherever(small: Path, where: float) -> None:
    broken = small.with_name("cut.tar")
    broken.write_bytes(small.read_bytes()[: int(where * small.stat().st_size)])
    with pytest.raises(Damaged):
        verify(broken)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("small")
    made = full_site(folder / "site")
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
