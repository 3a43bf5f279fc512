"""Every setting that some process of a site reads: who meets another name tells of it instead of passing it over.

A process reads only its own class, but all of a site's processes may be given the same environment. The list is made
by ``make settings`` from the classes; kit knows none of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from kit.settings import PREFIX, SettingsError

#: What Kubernetes tells pods of Services whose name begins like ours, and what only tests read.
_FOREIGN = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP)(_\w+)?$|^TONGBAN_TEST_")
_LINK = re.compile(r"(tcp|udp)://")


def misspelt(environment: Mapping[str, str]) -> Sequence[str]:
    """A line for each variable of ours that no process reads, with the name that was probably meant."""
    return [
        f"{name} is unknown{_hint(name)}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in NAMES and not _is_foreign(name, environment[name])
    ]


def check_names(environment: Mapping[str, str]) -> None:
    """Raises ``SettingsError`` naming each variable of ours that no process reads."""
    problems = misspelt(environment)
    if problems:
        raise SettingsError("wrong settings:\n  " + "\n  ".join(problems))


def _is_foreign(name: str, value: str) -> bool:
    return bool(_FOREIGN.search(name)) or (name.endswith("_PORT") and _LINK.match(value) is not None)


def _hint(name: str) -> str:
    if f"{name}_FILE" in NAMES:
        return f": a secret is given as a file; write it to one and set {name}_FILE to its path"
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.8)
    return (
        f"; did you mean {near[0]}?"
        if near
        else " to every process of this release: see docs/operations/configuration.md"
    )


NAMES: Final = frozenset(
    {
        "TONGBAN_BASE_URL",
        "TONGBAN_BLOBS",
        "TONGBAN_BOARDS_PER_ADDRESS",
        "TONGBAN_BUS",
        "TONGBAN_CITIZEN_DEMO",
        "TONGBAN_DATA",
        "TONGBAN_DEMO_CLOCK",
        "TONGBAN_DRAIN_SECONDS",
        "TONGBAN_EMBEDDED",
        "TONGBAN_EVENT_PATIENCE_SECONDS",
        "TONGBAN_FEDERATION_KEEP_COUNTED_DAYS",
        "TONGBAN_FEDERATION_KEEP_REFUSED_DAYS",
        "TONGBAN_GRACE_SECONDS",
        "TONGBAN_HEALTH_LISTEN",
        "TONGBAN_HOST",
        "TONGBAN_KAFKA_BATCH_SECONDS",
        "TONGBAN_KAFKA_BOOTSTRAP_SERVERS",
        "TONGBAN_KAFKA_CA_FILE",
        "TONGBAN_KAFKA_CERT_FILE",
        "TONGBAN_KAFKA_CLIENT_ID",
        "TONGBAN_KAFKA_CONNECT_SECONDS",
        "TONGBAN_KAFKA_FETCH_BYTES",
        "TONGBAN_KAFKA_KEY_FILE",
        "TONGBAN_KAFKA_KEY_PASSWORD_FILE",
        "TONGBAN_KAFKA_LOG_LEVEL",
        "TONGBAN_KAFKA_MIN_INSYNC",
        "TONGBAN_KAFKA_PASSWORD_FILE",
        "TONGBAN_KAFKA_PREFIX",
        "TONGBAN_KAFKA_PUBLISH_SECONDS",
        "TONGBAN_KAFKA_REPLICATION",
        "TONGBAN_KAFKA_REQUEST_SECONDS",
        "TONGBAN_KAFKA_SASL_MECHANISM",
        "TONGBAN_KAFKA_SECURITY_PROTOCOL",
        "TONGBAN_KAFKA_SESSION_SECONDS",
        "TONGBAN_KAFKA_USERNAME",
        "TONGBAN_LISTEN",
        "TONGBAN_LOG_FORMAT",
        "TONGBAN_LOG_LEVEL",
        "TONGBAN_MARKS_DAYS",
        "TONGBAN_MAX_BOARDS",
        "TONGBAN_MAX_BODY",
        "TONGBAN_MAX_IMPORT",
        "TONGBAN_MAX_UPLOAD",
        "TONGBAN_METRICS_INTERVAL",
        "TONGBAN_METRICS_LISTEN",
        "TONGBAN_METRICS_NETWORKS",
        "TONGBAN_MONGO_AUTH_MECHANISM",
        "TONGBAN_MONGO_AUTH_SOURCE",
        "TONGBAN_MONGO_DATABASE_PREFIX",
        "TONGBAN_MONGO_DIRECT",
        "TONGBAN_MONGO_HOSTS",
        "TONGBAN_MONGO_OUTBOX_LEASE_SECONDS",
        "TONGBAN_MONGO_PASSWORD_FILE",
        "TONGBAN_MONGO_POOL_MAX",
        "TONGBAN_MONGO_POOL_MIN",
        "TONGBAN_MONGO_REPLICA_SET",
        "TONGBAN_MONGO_START_SECONDS",
        "TONGBAN_MONGO_TIMEOUT_SECONDS",
        "TONGBAN_MONGO_TLS",
        "TONGBAN_MONGO_TLS_CA_FILE",
        "TONGBAN_MONGO_TLS_CERT_FILE",
        "TONGBAN_MONGO_URI",
        "TONGBAN_MONGO_USERNAME",
        "TONGBAN_OTLP_CA_FILE",
        "TONGBAN_OTLP_ENDPOINT",
        "TONGBAN_OTLP_HEADERS_FILE",
        "TONGBAN_PARENT_FD",
        "TONGBAN_PAYMENTS",
        "TONGBAN_PORT",
        "TONGBAN_PRIVATE_KEY_FILE",
        "TONGBAN_PUBLIC_KEY_FILE",
        "TONGBAN_RATE_ADDRESS",
        "TONGBAN_RATE_EXEMPT",
        "TONGBAN_RATE_MISSES",
        "TONGBAN_RATE_SESSION",
        "TONGBAN_RATE_SIGN_IN",
        "TONGBAN_RATE_TICKETS",
        "TONGBAN_REFLECTION",
        "TONGBAN_RELAY_CLOCK_SKEW_SECONDS",
        "TONGBAN_RELAY_DIALS",
        "TONGBAN_RELAY_IDENTITY_DIR",
        "TONGBAN_RELAY_KEEP_FILES_DAYS",
        "TONGBAN_RELAY_KEEP_LETTERS_DAYS",
        "TONGBAN_RELAY_KEEP_REPORTS_DAYS",
        "TONGBAN_RELAY_LEASE_SECONDS",
        "TONGBAN_RELAY_LISTEN",
        "TONGBAN_RELAY_MAX_LINES",
        "TONGBAN_RELAY_PARTNER_HOST",
        "TONGBAN_RELAY_PARTNER_MAX_BODY",
        "TONGBAN_RELAY_PARTNER_PORT",
        "TONGBAN_RELAY_PARTNER_RATE",
        "TONGBAN_RELAY_PARTNER_THREADS",
        "TONGBAN_RELAY_PARTNER_URL",
        "TONGBAN_RELAY_PARTNER_WAITS",
        "TONGBAN_RELAY_PING_SECONDS",
        "TONGBAN_RELAY_RECONCILE_WAITS_DAYS",
        "TONGBAN_RELAY_REDIAL_FIRST_SECONDS",
        "TONGBAN_RELAY_REDIAL_LONGEST_SECONDS",
        "TONGBAN_RELAY_SCRATCH_DIR",
        "TONGBAN_RELAY_SEALS",
        "TONGBAN_RELAY_SILENCE_SECONDS",
        "TONGBAN_RELAY_THREADS",
        "TONGBAN_RELAY_WINDOW_BYTES",
        "TONGBAN_RELAY_WINDOW_ENVELOPES",
        "TONGBAN_REQUEST_THREADS",
        "TONGBAN_RUN_DIR",
        "TONGBAN_SERVICES",
        "TONGBAN_SITE",
        "TONGBAN_SITE_SECRET_FILE",
        "TONGBAN_STORE",
        "TONGBAN_TELEMETRY",
        "TONGBAN_TLS_CA_FILE",
        "TONGBAN_TLS_CERT_FILE",
        "TONGBAN_TLS_KEY_FILE",
        "TONGBAN_TRACE_SAMPLE_RATIO",
        "TONGBAN_TRACE_TRUST_CALLERS",
        "TONGBAN_TRUSTED_PROXIES",
        "TONGBAN_WORKERS",
    }
)
