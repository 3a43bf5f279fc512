"""The commands of install, upgrade and sizing name files, targets, values and subcommands that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import typer.main

from cli.main import app
from tests.chart.chart import ROOT, helm, values

PAGES = [ROOT / "docs" / "operations" / f"{name}.md" for name in ("install", "upgrade", "sizing")]
#: What the blocks' first line says that they need; the others are run here.
NEEDS = ("# cluster", "# docker")


def _blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            yield page.name, "\n".join(line.strip() for line in block.strip().splitlines())


BLOCKS = list(_blocks())
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_there_are_commands_to_check() -> None:
    assert len(BLOCKS) > 10


def test_every_block_says_what_it_needs_or_needs_nothing() -> None:
    free = [block for _, block in BLOCKS if not block.startswith(NEEDS)]
    assert free == ["tongban keys --data keys"]  # run by cli/tests/test_container.py


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"(?:^|[\s(/])((?:deploy|tests)/[\w./-]+|compose\.dev\.yml)", TEXT, re.MULTILINE))
    assert {"deploy/helm/tongban", "deploy/examples/township.yaml", "compose.dev.yml"} <= named
    for name in named:
        assert (ROOT / name.rstrip(".")).exists(), name
    for page in PAGES:
        for link in re.findall(r"]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_command_of_ours_is_there() -> None:
    commands = vars(typer.main.get_command(app))["commands"]
    named = set(re.findall(r"(?:^ *|`|-- )tongban ([a-z][a-z-]+)", TEXT, re.MULTILINE))
    assert {"keys", "init", "center", "user", "backup"} <= named
    assert named <= set(commands)


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ *|`)make ([a-z-]+)", TEXT, re.MULTILINE))
    assert {"image", "sbom", "chart"} <= named
    assert named <= targets


def test_every_value_that_is_named_is_one() -> None:
    named = {name for name in re.findall(r"`([a-zA-Z]+(?:\.[\w<>]+)+)`", TEXT) if name.split(".")[0] in values()}
    named -= {"site.secret"}  # a file
    assert {"keys.secret", "network.from", "site.trustedProxies", "image.digest"} <= named
    for name in named:
        found = values()
        for part in name.split("."):
            if part == "<name>":
                break
            assert part in found, name
            found = found[part]


def test_what_is_installed_by_hand_is_installed_by_the_chart_as_well() -> None:
    """The names that the commands use."""
    run = helm("template", "tongban", "deploy/helm/tongban", "-n", "tongban", "-f", "deploy/examples/county.yaml")
    for kind, name in set(re.findall(r"\b(deployment|job)/(tongban-[a-z-]+)", TEXT)):
        assert re.search(rf"kind: {kind}\nmetadata:\n  name: {name}\n", run.stdout, re.IGNORECASE), f"{kind}/{name}"
