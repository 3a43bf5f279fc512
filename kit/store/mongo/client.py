"""The connection to MongoDB, and what its errors mean.

Every write is acknowledged by a majority and journaled; every read is of what a majority has, from the primary, so a
read after a write sees it and nothing that was read can be rolled back. The driver repeats what failed on the way, as
often as the operation's time allows, under one transaction number, so that the server does it once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from kit.errors import Invalid, Unavailable
from kit.settings import SettingsError
from kit.store.mongo.settings import MongoSettings

log = logging.getLogger(__name__)

Raw = dict[str, Any]

#: What a server says when a document has outgrown its 16 MB.
_TOO_LARGE = frozenset({10334, 17419, 17420})
_FORBIDDEN = frozenset({13, 18, 8000, 11, 31})


def connect(settings: MongoSettings, purpose: str) -> MongoClient[Raw]:
    """A client that has reached a primary. Raises ``SettingsError``; ``Unavailable`` when nobody answers in time."""
    options: dict[str, Any] = {
        "appname": f"tongban-{purpose}",
        "w": "majority",
        "journal": True,
        "readConcernLevel": "majority",
        "readPreference": "primary",
        "retryWrites": True,
        "retryReads": True,
        "timeoutMS": int(settings.mongo_timeout_seconds * 1000),
        "connectTimeoutMS": int(min(settings.mongo_timeout_seconds, 5.0) * 1000),
        "serverSelectionTimeoutMS": int(settings.mongo_timeout_seconds * 1000),
        "minPoolSize": settings.mongo_pool_min,
        "maxPoolSize": settings.mongo_pool_max,
        "tz_aware": True,
    }
    options |= {name: value for name, value in _identity(settings).items() if value}
    try:
        client: MongoClient[Raw] = MongoClient(settings.mongo_uri or list(settings.mongo_hosts), **options)
    except (ConfigurationError, PyMongoError, ValueError, OSError) as error:
        raise SettingsError(f"wrong settings:\n  TONGBAN_MONGO_*: {error}") from error
    try:
        _greet(client, settings)
    except BaseException:
        client.close()
        raise
    return client


def _identity(settings: MongoSettings) -> Mapping[str, Any]:
    options: dict[str, Any] = {
        "replicaSet": settings.mongo_replica_set,
        "directConnection": settings.mongo_direct,
        "tls": settings.mongo_tls,
        "tlsCAFile": _existing("TONGBAN_MONGO_TLS_CA_FILE", settings.mongo_tls_ca_file),
        "tlsCertificateKeyFile": _existing("TONGBAN_MONGO_TLS_CERT_FILE", settings.mongo_tls_cert_file),
        "authMechanism": settings.mongo_auth_mechanism,
    }
    if settings.mongo_username:
        options |= {"username": settings.mongo_username, "authSource": settings.mongo_auth_source}
        options["password"] = settings.password
    if settings.mongo_auth_mechanism == "MONGODB-X509":
        options["authSource"] = "$external"
    return options


def _existing(name: str, path: Path | None) -> str:
    if path is not None and not path.is_file():
        raise SettingsError(f"wrong settings:\n  {name}={path}: there is no such file")
    return "" if path is None else str(path)


def _greet(client: MongoClient[Raw], settings: MongoSettings) -> None:
    """Reaches the primary as the given user, or says why not."""
    where = settings.mongo_uri or ",".join(settings.mongo_hosts)
    try:
        with pymongo.timeout(settings.mongo_start_seconds):
            hello = client.admin.command("hello")
    except OperationFailure as error:
        raise SettingsError(
            f"wrong settings:\n  MongoDB at {where} refuses {settings.mongo_username or 'a client without a user'} "
            f"({reason_of(error)}): check TONGBAN_MONGO_USERNAME, TONGBAN_MONGO_PASSWORD_FILE and "
            "TONGBAN_MONGO_AUTH_SOURCE"
        ) from error
    except ConfigurationError as error:
        raise SettingsError(f"wrong settings:\n  TONGBAN_MONGO_*: {error}") from error
    except PyMongoError as error:
        raise Unavailable(
            "store_unreachable",
            f"数据库（{where}）在 {settings.mongo_start_seconds:g} 秒内没有应答，请检查地址、网络和副本集状态："
            f"{reason_of(error)}",
            reason=reason_of(error),
        ) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise SettingsError(
            f"wrong settings:\n  MongoDB at {where} is no replica set, so that a write can't be repeated safely: "
            "start it with --replSet (one member is enough) and initiate it"
        )


def reason_of(error: BaseException) -> str:
    """An error in one line that isn't too long; the driver appends the whole topology and answer to its own."""
    text = str(error).split(", full error:")[0].split(", Timeout:")[0].split(", Topology Description:")[0]
    return " ".join(text.split())[:300]


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's errors into ours, but for ``DuplicateKeyError``, which the caller knows the meaning of.

    Raises ``Unavailable``, or ``Invalid`` where repeating it would never help.
    """
    try:
        yield
    except DuplicateKeyError:
        raise
    except (DocumentTooLarge, WriteError) as error:
        if isinstance(error, WriteError) and error.code not in _TOO_LARGE:
            raise unavailable(error) from error
        raise Invalid("document_too_large", "该记录内容过多，无法保存，请删减内容或分开办理。") from error
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Invalid(
            "document_unstorable", "该记录含有无法保存的内容，请检查后重新提交。", reason=reason_of(error)
        ) from error
    except ConnectionFailure as error:
        raise unavailable(error) from error
    except OperationFailure as error:
        if error.code in _FORBIDDEN:
            log.error("MongoDB refuses this service's user: %s", reason_of(error))
            raise Unavailable(
                "store_forbidden", "数据库拒绝了本服务的访问，请联系管理员检查账号权限。", reason=reason_of(error)
            ) from error
        log.warning("MongoDB refuses an operation: %s", reason_of(error))
        raise unavailable(error) from error
    except PyMongoError as error:
        raise unavailable(error) from error


def unavailable(error: BaseException) -> Unavailable:
    """What a failing database means to whoever asked."""
    return Unavailable("store_unavailable", "数据暂时无法读写，请稍后重试。", reason=reason_of(error))
