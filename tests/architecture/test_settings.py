"""Every setting is known to every process, explained, and in the reference; what is wrong with one is said at the start."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from cli.components import COMPONENTS
from cli.forking import ForkServer, can_fork
from cli.processes import Program
from cli.settings_reference import CLASSES, names_module, reference
from cli.site import Site
from kit.setting_names import NAMES, misspelt
from tests.architecture.tree import ROOT, repository_files

#: Those that are started here, with what is wrong with their settings.
STARTED = ("catalog", "queuing", "intake", "gateway")


def test_the_reference_and_the_list_of_names_are_up_to_date() -> None:
    """`make settings` writes both."""
    assert (ROOT / "docs/operations/configuration.md").read_text() == reference()
    assert (ROOT / "kit/setting_names.py").read_text().endswith(names_module())


def test_no_class_of_settings_is_forgotten() -> None:
    paths = [path for path in repository_files() if path.name == "settings.py" and "tests" not in path.parts]
    found = set()
    for path in paths:
        name = ".".join(path.with_suffix("").parts)
        module = importlib.import_module(name)
        found |= {
            (name, value.__name__)
            for value in vars(module).values()
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == name
        }
    assert found == {(module, name) for module, name, _ in CLASSES}


def test_every_setting_is_explained() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    assert len(rows) == len(NAMES)
    assert [row for row in rows if row.endswith("|  |")] == []


def test_what_others_put_into_the_environment_is_passed_over() -> None:
    assert not misspelt(
        {
            "PATH": "/bin",
            "TONGBAN_GATEWAY_SERVICE_HOST": "10.0.0.1",
            "TONGBAN_GATEWAY_SERVICE_PORT_HTTP": "8080",
            "TONGBAN_GATEWAY_PORT": "tcp://10.0.0.1:8080",
            "TONGBAN_GATEWAY_PORT_8080_TCP_ADDR": "10.0.0.1",
            "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
            "TONGBAN_MONGO_HOSTS": "mongo:27017",
        }
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TONGBAN_WORKRES", "did you mean TONGBAN_WORKERS?"),
        ("TONGBAN_MONGO_HOST", "did you mean TONGBAN_MONGO_HOSTS?"),
        ("TONGBAN_MAX_BORDS", "did you mean TONGBAN_MAX_BOARDS?"),
        ("TONGBAN_KAFKA_PASSWORD", "a secret is given as a file; write it to one and set TONGBAN_KAFKA_PASSWORD_FILE"),
        ("TONGBAN_ABRACADABRA", "see docs/operations/configuration.md"),
    ],
)
def test_a_name_that_nobody_reads_is_told_with_the_one_that_was_meant(name: str, said: str) -> None:
    (line,) = misspelt({name: "1"})
    assert line.startswith(f"{name} is unknown")
    assert said in line


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit code and what it said."""

    returncode: int
    stderr: str


Start = Callable[..., Ended]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a process of a site that isn't expected to come up, as `tongban up` does: forked from one that is loaded.

    Loading takes most of two seconds, what is looked at here a moment.
    """
    if not can_fork():
        pytest.skip("processes are forked where the system has pidfd_open")
    folder = tmp_path_factory.mktemp("processes")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    modules = {component.name: component.module for component in COMPONENTS if component.name in STARTED}
    server = ForkServer(list(modules.values()), inherited, folder / "fork-server.log")
    numbers = count(1)

    def start(component: str, site: Site, **environment: str) -> Ended:
        log, module = folder / f"{next(numbers)}.log", modules[component]
        given = {**inherited, **site.environment(), **environment}
        process = server.start(Program(component, (sys.executable, "-m", module), given, log, module=module))
        try:
            return Ended(process.wait(60), log.read_text())
        finally:
            process.kill()

    yield start
    server.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "data")
    made.create_folders()
    made.create_keys()
    return made


@pytest.mark.parametrize("component", ["catalog", "gateway"])
def test_a_misspelt_setting_stops_the_start_before_anything_is_touched(
    site: Site, started: Start, component: str
) -> None:
    done = started(component, site, TONGBAN_RATE_SIGNIN="5", TONGBAN_WORKER="8")
    assert done.returncode == 2
    assert "TONGBAN_RATE_SIGNIN is unknown; did you mean TONGBAN_RATE_SIGN_IN?" in done.stderr
    assert "TONGBAN_WORKER is unknown; did you mean TONGBAN_WORKERS?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(site.data.glob("*.db"))


def emptied(file: Path) -> None:
    file.write_text("\n")


def made_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("component", "setting", "path", "spoil", "said"),
    [
        ("queuing", "TONGBAN_SITE_SECRET_FILE", "site.secret", Path.unlink, "there is no such file"),
        ("intake", "TONGBAN_SITE_SECRET_FILE", "site.secret", emptied, "the file is empty"),
        ("gateway", "TONGBAN_SITE_SECRET_FILE", "site.secret", made_a_folder, "it is a folder"),
        ("gateway", "TONGBAN_PRIVATE_KEY_FILE", "actor.pem", Path.unlink, "there is no such file"),
        ("gateway", "TONGBAN_PRIVATE_KEY_FILE", "actor.pem", emptied, "the file is empty"),
        ("catalog", "TONGBAN_PUBLIC_KEY_FILE", "actor.pub.pem", made_a_folder, "it is a folder"),
    ],
)
def test_a_missing_an_empty_and_a_wrong_secret_are_told(
    site: Site, started: Start, component: str, setting: str, path: str, spoil: Callable[[Path], None], said: str
) -> None:
    """Each kind of wrong and each kind of secret, not each with each."""
    spoil(site.secret_dir / path)
    done = started(component, site)
    assert done.returncode == 2, done.stderr
    assert setting in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_that_may_not_be_read_is_told(site: Site, started: Start) -> None:
    """As another user than root, who may read everything."""
    if os.getuid() != 0:
        site.site_secret_file.chmod(0)
        done = started("queuing", site)
        assert "may not read it" in done.stderr
        return
    from kit.settings import SettingsError, read_secret

    code = os.fork()
    if code == 0:
        os.setuid(65534)
        try:
            read_secret(site.site_secret_file, "TONGBAN_SITE_SECRET_FILE")
        except SettingsError as error:
            os._exit(0 if "may not read it" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(code, 0)[1]) == 0


@pytest.mark.parametrize("component", ["catalog", "gateway"])
def test_a_key_that_is_none_is_told(site: Site, started: Start, component: str) -> None:
    for path in (site.public_key_file, site.private_key_file):
        path.write_bytes(b"\xff\xfenot a key")
    done = started(component, site)
    assert done.returncode == 2
    assert "must hold" in done.stderr
    assert "Traceback" not in done.stderr
