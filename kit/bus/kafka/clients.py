"""Connections to the brokers, all made alike, and the driver's errors in our own words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import errors as driver
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.compat import KafkaNetClient

from kit.bus.kafka.settings import KafkaSettings
from kit.bus.topics import MAX_MESSAGE_BYTES
from kit.errors import Invalid, TongbanError, Unavailable

T = TypeVar("T")

#: The driver would wait up to half a minute before it looks for a broker that was away.
_RECONNECT = {"reconnect_backoff_ms": 50, "reconnect_backoff_max_ms": 1_000}
_REFUSED = (
    driver.SaslAuthenticationFailedError,
    driver.UnsupportedSaslMechanismError,
    driver.IllegalSaslStateError,
)
#: How the driver's connection errors begin when TLS fails.
_HANDSHAKE = "Handshake failed"
_HUNG_UP = "socket disconnected"
#: What a right that lacks is called, also where the driver tells of it only in words.
_LACKS_RIGHT = "AuthorizationFailed"
_TOO_LARGE = (driver.MessageSizeTooLargeError, driver.RecordListTooLargeError)


class Refused(Unavailable):
    """The brokers don't let this client in, or not do what it must: credentials, certificates or rights are wrong.

    Raised anew for each try, as an operator may mend it while this process runs; at a start it is a wrong setting.
    """


class Clients:
    """Makes the driver's clients from the settings."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        logging.getLogger("kafka").setLevel(settings.kafka_log_level)

    def producer(self) -> KafkaProducer:
        """Publishes: every replica in sync has an event before it counts, and none is written twice by a retry."""
        seconds = self.settings.kafka_publish_seconds
        return self._made(
            KafkaProducer,
            acks="all",
            enable_idempotence=True,
            # Beyond the publisher's own patience, so that what it gave up isn't sent behind its back in part.
            delivery_timeout_ms=_ms(2 * seconds),
            max_block_ms=_ms(self.settings.kafka_connect_seconds),
            max_request_size=2 * MAX_MESSAGE_BYTES,
            batch_size=256 * 1024,
            linger_ms=0,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def consumer(self, group: str | None, **config: Any) -> KafkaConsumer:
        """Reads, as a member of a group or on its own; positions move only when told to."""
        settings = self.settings
        return self._made(
            KafkaConsumer,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=_ms(settings.kafka_session_seconds),
            heartbeat_interval_ms=_ms(min(3.0, settings.kafka_session_seconds / 4)),
            max_poll_interval_ms=_ms(settings.kafka_batch_seconds),
            fetch_max_bytes=settings.kafka_fetch_bytes,
            max_partition_fetch_bytes=min(MAX_MESSAGE_BYTES, settings.kafka_fetch_bytes),
            allow_auto_create_topics=False,
            metrics_enabled=False,
            **config,
        )

    def admin(self) -> KafkaAdminClient:
        """Asks about topics and groups, and makes topics."""
        return self._made(KafkaAdminClient)

    def _made(self, kind: Callable[..., T], **config: Any) -> T:
        """A client; one that finds no broker leaves neither a thread nor a socket behind. Raises ``Unavailable``."""
        heard: list[_Listened] = []

        def begin(**given: Any) -> KafkaNetClient:
            heard.append(_Listened(KafkaNetClient(**given)))
            return heard[-1].client

        with translated(self.settings):
            try:
                made = kind(kafka_client=begin, **self._connection(), **config)
            except BaseException as error:
                failures = [failure for each in heard for failure in each.failures]
                for each in heard:
                    each.close()
                if isinstance(error, driver.KafkaTimeoutError) and failures:
                    raise _telling(failures, signs_in=self.settings.sasl) from error
                raise
        for each in heard:
            each.enough()
        return made

    def _connection(self) -> dict[str, Any]:
        settings = self.settings
        config: dict[str, Any] = {
            "bootstrap_servers": list(settings.kafka_bootstrap_servers),
            "client_id": settings.kafka_client_id,
            "security_protocol": settings.kafka_security_protocol,
            "request_timeout_ms": _ms(settings.kafka_request_seconds),
            "bootstrap_timeout_ms": _ms(settings.kafka_connect_seconds),
            **_RECONNECT,
        }
        if settings.sasl:
            config |= {
                "sasl_mechanism": settings.kafka_sasl_mechanism,
                "sasl_plain_username": settings.kafka_username,
                "sasl_plain_password": _secret(settings.kafka_password_file),
            }
        if settings.tls:
            config |= {
                "ssl_cafile": _path(settings.kafka_ca_file),
                "ssl_certfile": _path(settings.kafka_cert_file),
                "ssl_keyfile": _path(settings.kafka_key_file),
                "ssl_password": _secret(settings.kafka_key_password_file),
            }
        return config


class _Listened:
    """A connection in the making, and why it fails: the driver tries on in silence, and in the end says only that it had
    no time left. A refusal ends its trying at once."""

    def __init__(self, client: KafkaNetClient) -> None:
        self.client = client
        self.failures: list[BaseException] = []
        self._manager = client._manager
        self._connect = self._manager.get_connection
        self._manager.get_connection = self._listened

    def enough(self) -> None:
        """What fails from now on the driver tells itself."""
        self._manager.get_connection = self._connect

    def close(self) -> None:
        """Leaves neither a thread nor a socket behind."""
        self.enough()
        with suppress(driver.KafkaError, RuntimeError):
            self.client.close()

    def _listened(self, *arguments: Any, **named: Any) -> Any:
        connection = self._connect(*arguments, **named)
        connection.close_future.add_errback(self._note)
        return connection

    def _note(self, failure: BaseException) -> None:
        if self._manager.get_connection != self._connect:
            self.failures.append(failure)
            if isinstance(failure, _REFUSED):
                self._manager.close()


def _telling(failures: Sequence[BaseException], *, signs_in: bool) -> driver.KafkaError:
    """Of all failures the one that an operator has to know of: a refusal, else the last."""
    refusals = [each for each in failures if isinstance(each, _REFUSED)]
    for each in (*refusals, *reversed(failures)):
        if isinstance(each, driver.KafkaError):
            if signs_in and all(_HUNG_UP in str(other) for other in failures):
                # A broker that refuses may hang up before its word has come.
                return driver.SaslAuthenticationFailedError("the broker hangs up on every try to sign in")
            return each
    return driver.KafkaConnectionError(str(failures[-1]))


@contextmanager
def translated(settings: KafkaSettings) -> Iterator[None]:
    """Raises ``Unavailable``, ``Refused`` or ``Invalid`` for what the driver raises."""
    try:
        yield
    except driver.KafkaError as error:
        raise in_our_words(error, settings) from error
    except RuntimeError as error:
        if "closed" not in str(error):  # by another thread, whose question failed
            raise
        raise Unavailable("bus_unavailable", "消息暂时无法传递，请稍后重试。", reason=str(error)) from error


def in_our_words(error: driver.KafkaError, settings: KafkaSettings) -> TongbanError:
    """The driver's error as one of ours, with what an operator needs to know."""
    kind = type(error).__name__
    said = [str(each).removeprefix(f"{kind}: ") for each in error.args if each is not None]
    reason = ": ".join([kind, *said])
    where = ",".join(settings.kafka_bootstrap_servers)
    if isinstance(error, _TOO_LARGE):
        return Invalid("event_too_large", "事件内容过大，无法发送；请减少内容后重试。", reason=reason)
    if isinstance(error, _REFUSED):
        return Refused(
            "bus_refused",
            f"消息服务器不接受本系统的登录凭据；请检查 TONGBAN_KAFKA_USERNAME 和密码文件。（{where}：{reason}）",
            servers=where,
            reason=reason,
        )
    if _HANDSHAKE in reason:
        return Refused(
            "bus_refused",
            "与消息服务器的加密连接未能建立；请检查 TONGBAN_KAFKA_SECURITY_PROTOCOL、TONGBAN_KAFKA_CA_FILE 和客户端证书。"
            f"（{where}：{reason}）",
            servers=where,
            reason=reason,
        )
    if isinstance(error, driver.AuthorizationError) or _LACKS_RIGHT in reason:
        return Refused(
            "bus_forbidden", f"消息服务器未授予所需权限；请核对访问控制列表。（{reason}）", servers=where, reason=reason
        )
    if isinstance(error, driver.UnknownTopicOrPartitionError):
        return Unavailable(
            "bus_topic_unknown",
            f"没有该主题，或无权查看；请运行 `tongban init`。（{reason}）",
            servers=where,
            reason=reason,
        )
    return Unavailable(
        "bus_unavailable", f"消息暂时无法传递，请稍后重试。（{where}：{reason}）", servers=where, reason=reason
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _secret(path: Path | None) -> str | None:
    """A secret of a file, as it stands there now. Raises ``Unavailable``."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Unavailable("bus_unavailable", f"无法读取密码文件 {path}：{error.strerror}。", file=path) from error
