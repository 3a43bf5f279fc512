"""What is wrong is said before anything starts, and nothing is touched."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cli import preflight
from cli.preflight import check_data, check_port, check_settings, is_running, locked, remember_files
from cli.refusal import Refusal
from cli.site import Site
from cli.tests.polling import is_alive

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "data")
    made.create_folders()
    return made


def database(path: Path, rows: int = 2000) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(number, "x" * 100) for number in range(rows)])
    connection.close()
    return path


def refusal(work: object, *arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        work(*arguments)  # type: ignore[operator]
    return str(caught.value)


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_good_settings_pass() -> None:
    check_settings({"TONGBAN_SITE": "hanbin", "TONGBAN_WORKERS": "8", "PATH": "/bin", "TONGBAN_DATA": "x"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TONGBAN_WORKRES", "8", "did you mean TONGBAN_WORKERS?"),
        ("TONGBAN_NONSENSE_AT_ALL", "8", "TONGBAN_NONSENSE_AT_ALL is unknown"),
        ("TONGBAN_WORKERS", "many", "give a whole number"),
        ("TONGBAN_WORKERS", "0", "give 1 to 256"),
        ("TONGBAN_LOG_LEVEL", "LOUD", "give DEBUG, INFO, WARNING or ERROR"),
        ("TONGBAN_PARENT_FD", "3", "set by `tongban up` itself"),
        ("TONGBAN_EMBEDDED", "false", "runs the embedded mode only"),
        ("TONGBAN_METRICS_LISTEN", "127.0.0.1:9464", "can't share a port"),
        ("TONGBAN_RATE_SIGN_IN", "-1", "TONGBAN_RATE_SIGN_IN"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(name: str, value: str, said: str) -> None:
    message = refusal(check_settings, {name: value})
    assert name in message
    assert said in message


def test_all_wrong_settings_are_named_at_once() -> None:
    message = refusal(check_settings, {"TONGBAN_WORKERS": "x", "TONGBAN_GRACE_SECONDS": "y", "TONGBAN_X": ""})
    assert message.count("\n") == 3


# ── Folders and keys ─────────────────────────────────────────────────────────────────────────────────────────────


def test_keys_are_made_once_and_read_by_nobody_else(site: Site) -> None:
    site.create_keys()
    made = {path.name: path.read_text() for path in site.secret_dir.iterdir()}
    assert set(made) == {"actor.pem", "actor.pub.pem", "site.secret"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [site.secret_dir, *site.secret_dir.iterdir()])
    site.create_keys()
    assert {path.name: path.read_text() for path in site.secret_dir.iterdir()} == made


def test_the_two_keys_belong_together_also_after_a_crash_between_them(site: Site) -> None:
    from kit.actor import TokenSigner, TokenVerifier, service_actor

    site.public_key_file.write_text("left over")
    site.create_keys()
    token = TokenSigner(site.private_key_file.read_text()).sign(service_actor("x"))
    assert TokenVerifier(site.public_key_file.read_text()).verify(token).id == "service:x"


def test_sockets_of_a_deep_or_odd_folder_live_in_a_short_one(tmp_path: Path) -> None:
    plain = Site(Path("/srv/tongban"))
    assert plain.run_dir == Path("/srv/tongban/run")
    for odd in (Path("/srv") / ("x" * 90), Path("/srv/政务 数据"), Path("/srv/a%20b")):
        short = Site(odd).run_dir
        assert len(os.fsencode(short)) < 60
        assert short == Site(odd).run_dir
        assert short != Site(odd / "other").run_dir


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert str(closed) in refusal(Site(closed / "data").create_folders)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    message = refusal(Site(tmp_path / "data").create_folders)
    assert "can't be used" in message
    assert "--data" in message


# ── Lock ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_start_on_the_same_folder_is_refused_at_once(site: Site) -> None:
    assert not is_running(site)
    with locked(site):
        assert is_running(site)
        code = "import sys; from pathlib import Path; from cli.site import Site; from cli.preflight import locked\n"
        code += "with locked(Site(Path(sys.argv[1]))): print('started')"
        second = subprocess.run(
            [sys.executable, "-c", code, str(site.data)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert "started" not in second.stdout
        assert f"already runs on {site.data} (process {os.getpid()})" in second.stderr
    assert not is_running(site)


LEAVE_AN_ORPHAN = """
import os, subprocess, sys
from pathlib import Path
from cli.preflight import locked
from cli.site import Site
with locked(Site(Path(sys.argv[1]))) as lock:
    leaves_soon = [sys.executable, "-Ssc", "import time; time.sleep(0.5)"]
    quiet = subprocess.DEVNULL
    orphan = subprocess.Popen(leaves_soon, pass_fds=(lock,), stdout=quiet, stderr=quiet)
    print(orphan.pid, flush=True)
    os._exit(9)
"""


def test_a_start_waits_for_the_children_of_a_killed_supervisor(site: Site) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", LEAVE_AN_ORPHAN, str(site.data)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    orphan = int(killed.stdout)
    assert is_alive(orphan)
    assert is_running(site)
    with locked(site):
        assert not is_alive(orphan)


def test_orphans_that_stay_are_told_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "ORPHANS_LEAVE", 0.1)
    holder = os.open(site.lock_file, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        os.write(holder, b"999999999\n")
        assert "killed tongban still use" in refusal(locked(site).__enter__)
    finally:
        os.close(holder)


# ── Data files ───────────────────────────────────────────────────────────────────────────────────────────────────


CRASH_WHILE_WRITING = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("INSERT INTO t VALUES (9999, 'late')")
os._exit(9)
"""


def test_sound_files_pass_also_with_what_a_crash_left(site: Site) -> None:
    path = database(site.data / "queuing.db")
    subprocess.run([sys.executable, "-c", CRASH_WHILE_WRITING, str(path)], check=False)
    assert path.with_name("queuing.db-wal").exists()
    (site.data / "fresh.db").touch()
    assert check_data(site) == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT body FROM t WHERE id = 9999").fetchone() == ("late",)
    connection.close()


def overwrite(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xde\xad" * (length // 2))


@pytest.mark.parametrize("at", [0, 100, 8192])
def test_a_damaged_file_is_named_and_left_as_it_is(site: Site, at: int) -> None:
    path = database(site.data / "queuing.db")
    database(site.data / "intake.db")
    overwrite(path, at, 4096)
    before = path.read_bytes()
    message = refusal(check_data, site)
    assert str(path) in message
    assert "intake.db" not in message
    assert "backup" in message
    assert path.read_bytes() == before


def test_a_file_cut_short_is_found(site: Site) -> None:
    path = database(site.data / "queuing.db")
    os.truncate(path, path.stat().st_size // 2)
    assert str(path) in refusal(check_data, site)


def test_a_file_that_was_there_is_missed(site: Site) -> None:
    for name in ("queuing.db", "intake.db", "bus.db"):
        database(site.data / name)
    remember_files(site)
    check_data(site)
    (site.data / "intake.db").unlink()
    os.truncate(site.data / "queuing.db", 0)
    message = refusal(check_data, site)
    assert "intake.db is missing" in message
    assert "queuing.db is empty" in message


def test_a_folder_of_a_newer_tongban_is_left_alone(site: Site) -> None:
    site.site_file.write_text(json.dumps({"format": 2, "files": []}))
    assert "newer tongban" in refusal(check_data, site)


def test_a_large_file_is_checked_in_part_and_that_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "FULL_CHECK_BYTES", 1000)
    path = database(site.data / "queuing.db")
    [note] = check_data(site)
    assert "queuing.db" in note
    overwrite(path, 0, 4096)
    assert "damaged" in refusal(check_data, site)


# ── Port ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        message = refusal(check_port, "127.0.0.1", port)
    assert f"port {port}" in message
    assert "--port" in message
    check_port("127.0.0.1", port)


def test_an_address_that_is_not_this_machines_is_refused() -> None:
    assert "203.0.113.1" in refusal(check_port, "203.0.113.1", 8080)
