"""`make test` runs every folder of tests, shows what each group said, and fails where one does."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.integration.site import until

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
#: What runs them is no part of `make test`: docs/operations/testing-depths.md.
DEEPER = {"tests/cluster", "tests/containers"}


def variable(name: str) -> list[str]:
    found = re.search(rf"^{name} := (.*)$", MAKEFILE, re.MULTILINE)
    assert found, name
    return found[1].split()


def recipe(target: str) -> str:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
    assert found, f"no such target: {target}"
    return found[1]


def test_every_folder_of_tests_is_in_a_group() -> None:
    run = " ".join(recipe(target) for target in variable("GROUPS")).replace("$(UNIT)", " ".join(variable("UNIT")))
    folders = {f"tests/{file.parent.name}" for file in ROOT.glob("tests/*/test_*.py")}
    assert {folder for folder in folders if not re.search(rf"{folder}\b", run)} == DEEPER


# ── The runner, with commands instead of targets ─────────────────────────────────────────────────────────────────


def runner(folder: Path, *commands: str, at_once: int = 2) -> list[str]:
    make = folder / "make"
    make.write_text('#!/bin/sh\nexec sh -c "$1"\n', encoding="utf-8")
    make.chmod(0o755)
    options = ["--at-once", str(at_once), "--make", str(make), "--logs", str(folder / "logs")]
    return [sys.executable, "-m", "tests.side_by_side", *options, *commands]


def groups(folder: Path, *commands: str, at_once: int = 2) -> tuple[int, str]:
    """Exit code and all that was said."""
    command = runner(folder, *commands, at_once=at_once)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def summary(told: str) -> Sequence[str]:
    """The last lines; the wall's and the processor's seconds are N."""
    return [
        re.sub(r"\d+ s( \(\d+ s of a core\))?", "N s", line.removeprefix("test: ")) for line in told.splitlines()[-4:]
    ]


def test_a_group_says_what_it_has_computed(tmp_path: Path) -> None:
    code, told = groups(tmp_path, "i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done", "sleep 1")
    assert code == 0
    computed = [int(found) for found in re.findall(r"\((\d+) s of a core\)", "\n".join(told.splitlines()[-3:-1]))]
    assert computed[0] >= 1
    assert computed[1] == 0


def test_every_group_is_run_and_its_result_is_named(tmp_path: Path) -> None:
    code, told = groups(tmp_path, "echo one; echo two >&2", "true", "exit 0")
    assert code == 0
    assert "one\ntwo\n" in told
    assert summary(told) == [
        "echo one; echo two >&2 passed in N s",
        "true         passed in N s",
        "exit 0       passed in N s",
        "all passed, after N s",
    ]


@pytest.mark.parametrize("at_once", [1, 2])
def test_after_a_failure_nothing_is_begun_and_it_is_named_at_the_end(tmp_path: Path, at_once: int) -> None:
    code, told = groups(tmp_path, "echo because; exit 3", "sleep 1", "sleep 2", at_once=at_once)
    assert code == 1
    assert "because\n" in told
    second = "not run" if at_once == 1 else "passed in N s"
    assert summary(told) == [
        "echo because; exit 3 FAILED (3) in N s",
        f"sleep 1      {second}",
        "sleep 2      not run",
        "FAILED: echo because; exit 3, after N s",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_ends_its_groups_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    """A site under test is stopped by what started it, which has to hear of the end."""
    program, begun, tidied = (tmp_path / name for name in ("site.py", "begun", "tidied"))
    program.write_text(
        "import pathlib, sys, time\n"
        "try:\n  pathlib.Path(sys.argv[1]).touch()\n  time.sleep(60)\n"
        "finally:\n  pathlib.Path(sys.argv[2]).touch()\n"
    )
    command = runner(tmp_path, f"{sys.executable} {program} {begun} {tidied}")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as running:
        until(begun.exists, "the group's begin")
        running.send_signal(number)
        assert running.wait(30) == 128 + number
    assert tidied.exists()


def test_what_a_group_says_is_not_mixed_with_another_groups(tmp_path: Path) -> None:
    slow = "; ".join(f"echo {{0}}{number}; sleep 0.1" for number in range(3))
    _, told = groups(tmp_path, slow.format("a"), slow.format("b"))
    assert "a0\na1\na2\n" in told
    assert "b0\nb1\nb2\n" in told
