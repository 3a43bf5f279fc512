"""``tongban settings``: the reference of all settings, made from the classes that read them.

``make settings`` writes it to docs/operations/configuration.md, and the names to kit/setting_names.py, by which every
process knows a misspelt one; a test holds both to the classes.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

#: The classes in the order of the reference, each with what it is for.
CLASSES: Final = (
    ("kit.settings", "ServiceSettings", "Every process"),
    ("gateway.settings", "GatewaySettings", "The gateway"),
    ("services.relay.settings", "RelaySettings", "The relay"),
    ("services.federation.settings", "FederationSettings", "Federation"),
    ("services.relay.partner.settings", "PartnerSettings", "The relay's API for partners"),
    ("reference.papers.settings", "PrintingSettings", "Services that print papers (intake, approval_routing)"),
    ("services.fees.settings", "FeesSettings", "Fees"),
    ("kit.store.mongo.settings", "MongoSettings", "MongoDB, where `TONGBAN_STORE=mongodb` or `TONGBAN_BLOBS=gridfs`"),
    ("kit.bus.kafka.settings", "KafkaSettings", "Kafka, where `TONGBAN_BUS=kafka`"),
)

_FIELD: Final = re.compile(r"    ([a-z][a-z0-9_]*): ")
_SECTION: Final = re.compile(r"    # (.+)")
_DOC: Final = re.compile(r"    #: ?(.*)")

_INTRODUCTION: Final = """\
# Configuration

Made by `make settings` from the classes that read the settings; don't edit it.

Every process reads its settings once, at its start, from environment variables. What is wrong (a value, a name that
nobody knows, a file that is missing or can't be read) is said in one message that names every fault, and the process
ends with exit code 2 before it has touched anything. Secrets are always given as the path of a file. Where lists are
asked for, commas part the values. `tongban up` gives its processes the paths, sockets and keys itself and refuses them
from outside.

Kubernetes tells pods of Services by variables of its own (`TONGBAN_…_SERVICE_HOST`); they are passed over, but
`enableServiceLinks: false`, which the chart sets, is needed where a Service is called just `tongban`: it would be taken
for `TONGBAN_PORT`.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the reference shows it."""

    name: str
    type: str
    default: str
    text: str


def names() -> Sequence[str]:
    """Every setting of a site's processes, in order."""
    return sorted({each.name for _, cls in _classes() for each in _of(cls)})


def reference() -> str:
    """The whole reference in Markdown."""
    seen: set[str] = set()
    parts = [_INTRODUCTION]
    for title, cls in _classes():
        settings = [each for each in _of(cls) if each.name not in seen]
        seen |= {each.name for each in settings}
        if not settings:
            continue
        rows = [f"| `{each.name}` | {each.type} | {each.default} | {each.text} |" for each in settings]
        parts.append("\n".join([f"## {title}\n", "| setting | type | default | |", "|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def names_module() -> str:
    """The source of kit/setting_names.py's list."""
    rows = "".join(f'        "{name}",\n' for name in names())
    return f"NAMES: Final = frozenset(\n    {{\n{rows}    }}\n)\n"


def _classes() -> Iterator[tuple[str, type[Any]]]:
    for module, name, title in CLASSES:
        yield title, getattr(import_module(module), name)


def _of(cls: type[Any]) -> Iterator[Setting]:
    """The settings that a class and its bases read, in the order of reading."""
    texts = {name: text for base in reversed(cls.__mro__) for name, text in _texts(base).items()}
    hints = get_type_hints(cls)
    for each in dataclasses.fields(cls):
        if not each.init:
            continue
        name = f"TONGBAN_{each.name.upper()}"
        yield Setting(name, _type(hints[each.name]), _default(each), texts.get(each.name, "").replace("``", "`"))


def _texts(cls: type[Any]) -> dict[str, str]:
    """What stands above each field: its own words, behind those of its section where there is one."""
    if not dataclasses.is_dataclass(cls):
        return {}
    found: dict[str, str] = {}
    section, words = "", list[str]()
    for line in inspect.getsource(cls).splitlines():
        if match := _DOC.fullmatch(line):
            words.append(match[1])
        elif match := _FIELD.match(line):
            found[match[1]] = " ".join([*([section] if section else []), *words])
            words = []
        elif match := _SECTION.fullmatch(line):
            section = match[1]
        elif line.strip().startswith("def "):
            break
    return found


def _type(wanted: Any) -> str:
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        return _type(next(each for each in get_args(wanted) if each is not NoneType))
    if origin is tuple:
        return "list"
    words = {bool: "true or false", int: "whole number", float: "number", Path: "path", str: "text"}
    return words[wanted]


def _default(each: dataclasses.Field[Any]) -> str:
    if each.default is dataclasses.MISSING:
        return "must be given" if each.default_factory is dataclasses.MISSING else ""
    value = each.default
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def write(root: Path) -> Sequence[Path]:
    """Writes what is made from the classes; returns what changed."""
    module = root / "kit" / "setting_names.py"
    before, marker, _ = module.read_text(encoding="utf-8").partition("NAMES: Final")
    changed = []
    texts = {root / "docs/operations/configuration.md": reference(), module: before + names_module()}
    if not marker:
        raise ValueError(f"{module} has no list of names")
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for written in write(Path(__file__).parents[1]):
        print(f"settings: {written} is new")
