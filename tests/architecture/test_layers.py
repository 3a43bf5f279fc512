"""The layers of docs/architecture.md, and that each contract over them can fail."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, repository_files

PACKAGES = ("kit", "reference", "services", "gateway", "cli")

# What a pure module may import beside the standard library and itself.
PURE = {
    "services/*/domain.py": ("kit.errors", "kit.workdays"),
    "services/*/domain/**/*.py": ("kit.errors", "kit.workdays"),
    "kit/workdays/*.py": ("kit.errors",),
    "kit/errors.py": (),
}


LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    # `-c` puts the folder it runs in first on the path: a tiny house hides the real one.
    return subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False)


def tiny_house(folder: Path, modules: dict[str, str]) -> None:
    """Write a house of empty packages with this repository's contracts, and the modules given."""
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    empty = [*PACKAGES, "kit/store", "services/queuing", "services/intake", "services/intake/domain"]
    contents = {f"{package}/__init__.py": "" for package in empty} | modules
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_contracts_are_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_house_in_order_passes(tmp_path: Path) -> None:
    tiny_house(
        tmp_path,
        {
            "kit/store/mongo.py": "import pymongo",
            "services/intake/main.py": "from services.intake import grpc_api, events\nfrom kit.store import mongo",
            "services/intake/grpc_api.py": "from services.intake import handlers",
            "services/intake/events.py": "from services.intake import handlers",
            "services/intake/handlers.py": "from services.intake import domain\nimport reference",
        },
    )
    result = lint_imports(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("contract", "module", "text"),
    [
        ("house", "kit/rpc.py", "import services.queuing"),
        ("house", "kit/rpc.py", "import reference"),
        ("house", "reference/items.py", "import gateway"),
        ("house", "gateway/clients.py", "from services.queuing import domain"),
        ("house", "services/queuing/main.py", "import cli"),
        ("service", "services/queuing/domain.py", "from services.queuing import handlers"),
        ("service", "services/queuing/handlers.py", "from services.queuing import grpc_api"),
        ("service", "services/queuing/events.py", "from services.queuing import main"),
        ("services-apart", "services/queuing/handlers.py", "import services.intake"),
        ("drivers", "services/queuing/handlers.py", "import pymongo"),
        ("drivers", "kit/outbox.py", "import kafka"),
        ("certificates", "services/queuing/handlers.py", "import cryptography"),
        ("wire", "services/intake/domain/case.py", "import grpc"),
    ],
)
def test_a_breach_of_a_contract_is_found(tmp_path: Path, contract: str, module: str, text: str) -> None:
    siblings = {f"services/queuing/{name}.py": "" for name in ("main", "grpc_api", "events", "handlers", "domain")}
    tiny_house(tmp_path, siblings | {module: text})
    result = lint_imports(tmp_path)
    assert result.returncode != 0, f"{contract} let `{text}` in {module} pass"
    assert "BROKEN" in result.stdout, result.stdout + result.stderr


def imports(source: str, package: str) -> set[str]:
    """The absolute names of all modules that a module of `package` imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{stem}.{alias.name}" for alias in node.names}
    return found


def foreign_imports(source: str, package: str, allowed: tuple[str, ...]) -> list[str]:
    """The imports beyond the standard library, the module's own package and `allowed`."""
    home = (*allowed, package)
    return sorted(
        name
        for name in imports(source, package)
        if name.split(".")[0] not in sys.stdlib_module_names and not any(f"{name}.".startswith(f"{at}.") for at in home)
    )


@pytest.mark.parametrize("pattern", PURE)
def test_pure_modules_import_only_what_is_pure(pattern: str) -> None:
    breaches = []
    for path in ROOT.glob(pattern):
        at = path.relative_to(ROOT)
        if "tests" in at.parts:
            continue
        package = ".".join(at.with_suffix("").parts if at.name == "domain.py" else at.parent.parts)
        own = package if pattern != "kit/errors.py" else "kit.errors"
        breaches += [f"{at}: {name}" for name in foreign_imports(path.read_text(), own, PURE[pattern])]
    assert not breaches


@pytest.mark.parametrize(
    "line", ["import grpc", "from kit import clock", "from kit.store import port", "from ..queuing import domain"]
)
def test_an_impure_import_is_found(line: str) -> None:
    assert foreign_imports(line, "services.intake.domain", ("kit.errors", "kit.workdays"))


@pytest.mark.parametrize(
    "line", ["import datetime", "from kit import errors", "from kit.workdays import Calendar", "from . import case"]
)
def test_a_pure_import_is_let_pass(line: str) -> None:
    assert not foreign_imports(line, "services.intake.domain", ("kit.errors", "kit.workdays"))


def test_every_package_is_seen_by_the_linters() -> None:
    """import-linter and mypy pass over a folder without `__init__.py` in silence."""
    folders = {file.parent for file in repository_files() if file.suffix == ".py" and file.parts[0] in PACKAGES}
    unseen = [
        str(folder)
        for folder in folders
        if "tests" not in folder.parts and not (ROOT / folder / "__init__.py").is_file()
    ]
    assert not unseen
