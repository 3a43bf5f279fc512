"""Every command on the operators' pages is run, or marked as needing a cluster and checked as far as that goes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from tests.integration.people import Town
from tests.integration.site import ROOT, LiveSite, live_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PAGES = sorted((ROOT / "docs" / "operations").glob("*.md"))
#: Written by a shell's user; what else is fenced (text, yaml) is no command.
_SHELL = re.compile(r"^```(?:sh|bash|shell|console)\b ?(.*)$")
_OTHER = {"text", "yaml", "json", "toml", "ini", "promql", "mermaid", "javascript", "js"}
#: What stands behind our command's name, up to the next command.
_CALLED = re.compile(r"""(?:^|[;&|(])[ ]*tongban ((?:[^;&|\n"']|"[^"]*"|'[^']*')*)""", re.MULTILINE)
#: Another way to mark a block: its first line.
_NEEDS = ("# cluster", "# docker")
NEEDS_CLUSTER = "needs-cluster"


@dataclass(frozen=True)
class Block:
    """One block of commands on a page."""

    page: str
    line: int
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(path: Path) -> Iterator[Block]:
    """The page's blocks of commands."""
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if not line.lstrip().startswith("```"):
            continue
        inside = []
        for _, each in lines:
            if each.lstrip().startswith("```"):
                break
            inside.append(each.removeprefix(line[: len(line) - len(line.lstrip())]))
        shell = _SHELL.match(line.lstrip())
        language = line.strip().removeprefix("```")
        if shell or language not in _OTHER:
            mark = shell[1].strip() if shell else f"no language {language!r}"
            if not mark and inside[0] in _NEEDS:
                mark = NEEDS_CLUSTER
            yield Block(path.name, number, mark, "\n".join(inside))


ALL = [block for page in PAGES for block in blocks(page)]
RUN = [block for block in ALL if not block.mark]


def test_every_page_is_in_the_index_and_every_link_leads_somewhere() -> None:
    index = (ROOT / "docs/operations/README.md").read_text()
    for page in PAGES:
        if page.name != "README.md":
            assert f"]({page.name})" in index, f"{page.name} is not in docs/operations/README.md"
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_block_is_run_or_marked() -> None:
    assert [f"{block}: {block.mark}" for block in ALL if block.mark not in ("", NEEDS_CLUSTER)] == []


@pytest.mark.parametrize("block", ALL, ids=str)
def test_every_block_is_a_script_whose_commands_of_ours_exist(block: Block) -> None:
    checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    for called in _CALLED.findall(block.text.replace("\\\n", " ")):
        words = shlex.split(called, comments=True)
        assert not (wrong := unknown(words)), f"{block}: tongban {called.strip()}: {wrong}"


def unknown(words: list[str]) -> str:
    """What of a command line of ours doesn't exist; empty: nothing."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in options and name != "--help":
            return f"no option {name}"
    return ""


@pytest.mark.parametrize(
    "words", [["fly"], ["backup", "--compress"], ["dlq", "burn"], ["rotate-key", "prepare", "--fast"]]
)
def test_a_command_that_is_not_there_would_be_told(words: list[str]) -> None:
    assert unknown(words)


# ── Running them ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    with live_site() as started:
        yield started


#: Changes the keys that processes read when they start: after it, none of them believes a command any more.
_LAST = "keys.md"
TRIED = sorted(
    (page for page in PAGES if any(block.page == page.name for block in RUN)), key=lambda page: page.name == _LAST
)


@pytest.mark.parametrize("page", TRIED, ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_says_from_top_to_bottom(page: Path, site: LiveSite) -> None:
    with closing(Town(site.address)):
        root = site.data.with_name(f"root-{page.stem}")
        (root / "var/backups/tongban").mkdir(parents=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TONGBAN_DATA": str(site.data),
        }
        for block in RUN:
            if block.page != page.name:
                continue
            text = block.text.replace("/var/lib/tongban-new", f"{root}/new")
            text = text.replace("/var/lib/tongban", str(site.data)).replace("/var/backups", f"{root}/var/backups")
            text = text.replace("http://127.0.0.1:8080", site.address)
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", text],
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{block}:\n{text}\n{done.stdout}{done.stderr}"
