"""Every service has the same shape, no file grows into a god file, and no file knows the machine it was written on."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, repository_files, services

MODULES = {"domain", "handlers", "queries", "grpc_api", "events", "settings", "main"}
FILES = {"README.md", "__init__.py"}
# What one service has beyond the common shape, with its reason.
EXTRA: dict[str, set[str]] = {
    # Typst templates of the papers; and the messages that RPCs and events share.
    "intake": {"papers", "protos.py", "commitment_protos.py", "preparation_protos.py", "keeping_protos.py"},
    "approval_routing": {"papers", "protos.py", "licence_protos.py", "pick_up_protos.py", "case_rows.py"},
    # What sites say to each other: the conversation without I/O, the lines that carry it, the partners' API, cards and
    # bundles as files; and the parts put together for its process and for tools beside it.
    "relay": {"protos.py", "cards.py", "bundle.py", "session", "transports", "partner", "papers", "wiring.py"},
    # Who takes money online: a port and what stands behind it.
    "fees": {"protos.py", "payments"},
    # What its documents and its letters share.
    "federation": {"protos"},
    # The contents list as a paper; and what is handed over as a file, which a tool beside it checks.
    "archive": {"papers", "package"},
}

TOO_LONG = 400  # lines; `make lint` names a file from 300 on
# A service of a release can't be split, nor its messages moved: buf calls that breaking.
TOO_LONG_A_CONTRACT = 500
EMPTY_NAMES = {"utils", "util", "common", "manager", "managers", "helper", "helpers", "misc"}

# Written in two halves, as this file is read by its own test.
HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "repo1.maven" + ".org",
    "repo.maven.apache" + ".org",
    "proxy.golang" + ".org",
    "crates" + ".io",
]
# A home or a work folder at the start of a path, not in the middle of a URL's.
HOME_PATH = re.compile(r"(?<![\w.}>/~-])/(?:home|root|Users|work)/\w")


def texts() -> list[tuple[Path, str]]:
    found = []
    for file in repository_files():
        try:
            found.append((file, (ROOT / file).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("service", services(), ids=str)
def test_a_service_says_what_it_is_for(service: Path) -> None:
    assert (ROOT / service / "README.md").is_file()


@pytest.mark.parametrize("service", services(), ids=str)
def test_a_service_has_no_file_that_the_others_would_not_have(service: Path) -> None:
    allowed = FILES | {"tests"} | MODULES | {f"{name}.py" for name in MODULES} | EXTRA.get(service.name, set())
    there = {file.parts[2] for file in repository_files() if file.parts[:2] == service.parts}
    assert there <= allowed


def test_no_file_is_too_long() -> None:
    limits = {".py": TOO_LONG, ".proto": TOO_LONG_A_CONTRACT}
    lengths = {file: (ROOT / file).read_bytes().count(b"\n") for file in repository_files() if file.suffix in limits}
    assert not {str(file): lines for file, lines in lengths.items() if lines > limits[file.suffix]}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [str(file) for file in repository_files() if EMPTY_NAMES & {file.stem, *file.parent.parts}]


def test_no_file_names_a_registry() -> None:
    assert not [f"{file}: {host}" for file, text in texts() for host in HOSTS if host in text]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = [(file, match) for file, text in texts() for match in HOME_PATH.finditer(text)]
    assert not [f"{file}: {match.string[match.start() : match.end() + 20]!r}" for file, match in found]
