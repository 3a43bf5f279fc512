"""The register of destroyed case files: kept beside the archives, newer than all of them, so that no restore brings a file back.

A backup that is older than a destruction still holds what was destroyed, until it is deleted itself. What this does is that
a site restored from it hasn't: ``tongban restore`` carries the lists out again before the site may start.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from cli.refusal import Refusal
from kit.call import Call
from kit.settings import ServiceSettings

#: What it is called, in the folder of the archives.
NAME: Final = "destroyed.jsonl"
KIND: Final = "destruction"
SERVICE: Final = "archive"
_DONE: Final = "done"
_PURPOSE: Final = b"tongban register of destroyed case files"


@dataclass(frozen=True, slots=True)
class Register:
    """Lists that were carried out, as their documents were stored, by their id."""

    site: str
    lists: Mapping[str, Mapping[str, Any]]


def carried_out(documents: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of documents (kind, id, body) the lists that are to be in the register."""
    return ((id, body) for kind, id, body in documents if kind == KIND and body.get("state") == _DONE)


def keep(settings: ServiceSettings, folder: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Adds lists to the folder's register, replaced as a whole; what is in it stays. Raises ``Refusal`` as ``read``."""
    path = folder / NAME
    before = read(settings, path).lists if path.exists() else {}
    if not found or found.keys() <= before.keys():
        return
    lines = [_line({"site": settings.site})]
    lines += [_line({"id": id, "body": body}) for id, body in sorted({**before, **found}.items())]
    content = b"".join(lines)
    unfinished = path.with_name(f"{NAME}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content + _line({"seal": _seal(settings.site_secret, content)}))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read(settings: ServiceSettings, path: Path, *, other_secret: bool = False) -> Register:
    """A register that this site's secret has sealed; ``other_secret``: by any. Raises ``Refusal``."""
    try:
        *lines, seal = path.read_bytes().splitlines(keepends=True)
        sealed = str(orjson.loads(seal)["seal"])
        head, *lists = map(orjson.loads, lines)
        register = Register(str(head["site"]), {str(each["id"]): each["body"] for each in lists})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path} is no register of destroyed case files, or was cut off: {error}") from error
    if register.site != settings.site:
        raise Refusal(f"{path} is of site {register.site!r}, this is {settings.site!r} (TONGBAN_SITE).")
    if not other_secret and not hmac.compare_digest(sealed, _seal(settings.site_secret, b"".join(lines))):
        raise Refusal(
            f"{path} was changed, or sealed with another site's secret; take the one that lies with the archives."
        )
    return register


def replay(settings: ServiceSettings, register: Register) -> str:
    """Carries its lists out on the restored site; what that came to. Raises ``Refusal``, ``Unavailable``."""
    # Of the operator's commands, this alone needs what the archive itself would do.
    from kit.actor import service_actor
    from kit.adapters import open_blobs, open_store
    from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
    from kit.clock import SystemClock
    from kit.events import EventEncoder
    from kit.ids import Ids
    from kit.store.codec import Codec
    from kit.store.repository import Repository
    from services.archive.domain.case_file import CaseFile
    from services.archive.domain.destruction import Destruction
    from services.archive.events import TABLE
    from services.archive.handlers import CASE_FILES, DESTRUCTIONS, KINDS, UPGRADES, case_file_keys, settling_keys
    from services.archive.handlers.replaying import Restored
    from services.archive.handlers.replaying import replay as carry_out

    codec, encoder, ids = Codec(Destruction), EventEncoder(settings.site, SERVICE, TABLE), Ids()
    lists = [codec.entity(id, 0, dict(body)) for id, body in register.lists.items()]
    with closing(open_store(settings, SERVICE, KINDS)) as store, closing(open_blobs(settings, SERVICE, store)) as blobs:
        done = carry_out(
            restored=Restored(
                files=Repository(store, CASE_FILES, CaseFile, encoder, ids, keys=case_file_keys, upgrades=UPGRADES),
                destructions=Repository(store, DESTRUCTIONS, Destruction, encoder, ids, keys=settling_keys),
                uses=Uses(SERVICE, Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs),
            ),
            call=Call(service_actor(SERVICE), SystemClock().now()),
            lists=lists,
        )
    return f"{done.destroyed} case files destroyed again, {done.known} already were, {done.absent} not in the archive"


def _seal(secret: bytes, content: bytes) -> str:
    return hmac.new(hmac.new(secret, _PURPOSE, hashlib.sha256).digest(), content, hashlib.sha256).hexdigest()


def _line(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
