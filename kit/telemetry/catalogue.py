"""The catalogue of metrics: everything that a site tells of itself in figures, and what each figure says.

No label holds what a visitor typed, nor anybody's id: routes are templates, codes are the stable ones of errors. So
the number of series is bounded by the code and by the site's centers and lanes. Which service tells it is no label here:
whoever fetches or collects adds ``service_name``, of the resource.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

#: Bounds of the buckets of durations of machines, and of waits of people, in seconds.
_DURATIONS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_DELAYS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
_WAITS: Final = (60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0, 5400.0, 7200.0)


class Form(enum.Enum):
    """How a metric is counted."""

    HISTOGRAM = "histogram"
    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, unit and labels, and what it says."""

    name: str
    form: Form
    says: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()

    @property
    def prometheus_names(self) -> tuple[str, ...]:
        """The names of its series in Prometheus, which the exporters make of name, unit and form."""
        unit = {"s": "_seconds", "By": "_bytes", "": ""}[self.unit]
        name = self.name.replace(".", "_") + unit
        if self.form is Form.HISTOGRAM:
            return (f"{name}_bucket", f"{name}_sum", f"{name}_count")
        return (f"{name}_total",) if self.form is Form.COUNTER else (name,)

    @property
    def prometheus_labels(self) -> frozenset[str]:
        """Its labels in Prometheus, besides the service's."""
        names = {each.replace(".", "_") for each in self.labels}
        return frozenset(names | {"le"} if self.form is Form.HISTOGRAM else names)


# ── Requests: rate, errors, duration ─────────────────────────────────────────────────────────────────────────────

HTTP_DURATION: Final = Metric(
    "tongban.http.server.duration",
    Form.HISTOGRAM,
    "How long a request took at the gateway, by the template of its route.",
    ("http.route", "http.method", "http.status"),
    "s",
    _DURATIONS,
)
RPC_DURATION: Final = Metric(
    "tongban.rpc.server.duration",
    Form.HISTOGRAM,
    "How long an RPC took at the service; rpc.code is ok or the error's stable code.",
    ("rpc.method", "rpc.code"),
    "s",
    _DURATIONS,
)

# ── Events: from the write to the effect ─────────────────────────────────────────────────────────────────────────

OUTBOX_DEPTH: Final = Metric("tongban.outbox.depth", Form.GAUGE, "Events that are written and not yet published.")
OUTBOX_AGE: Final = Metric(
    "tongban.outbox.age", Form.GAUGE, "How long ago the oldest of them was written; 0 without any.", unit="s"
)
CONSUMER_LAG: Final = Metric(
    "tongban.consumer.lag", Form.GAUGE, "Events that a consumer group has before it.", ("group",)
)
EVENT_LATENCY: Final = Metric(
    "tongban.consumer.latency",
    Form.HISTOGRAM,
    "How long an event took from the write that caused it to its effect in a group.",
    ("group",),
    "s",
    _DURATIONS,
)
DEAD_LETTERS: Final = Metric(
    "tongban.consumer.dead_letters",
    Form.COUNTER,
    "Events that a group gave up, by the error's stable code; what lies there now tells `tongban dlq list`.",
    ("group", "code"),
)
CONSUMER_HALTED: Final = Metric(
    "tongban.consumer.halted", Form.GAUGE, "1 while a group stands still after too many dead letters.", ("group",)
)

# ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ALARM_DELAY: Final = Metric(
    "tongban.alarms.delay", Form.HISTOGRAM, "How late an alarm of a clock fired.", ("alarm",), "s", _DELAYS
)
ALARM_OVERDUE: Final = Metric(
    "tongban.alarms.overdue",
    Form.GAUGE,
    "How late the alarm is that is due longest and hasn't fired; 0 without any.",
    ("alarm",),
    "s",
)

# ── The hall ─────────────────────────────────────────────────────────────────────────────────────────────────────

QUEUE_WAIT: Final = Metric(
    "tongban.queue.wait",
    Form.HISTOGRAM,
    "How long a visitor waited from taking a number to its first call, in the center's own time.",
    ("center", "lane"),
    "s",
    _WAITS,
)

# ── Lines to other sites ─────────────────────────────────────────────────────────────────────────────────────────

RELAY_BACKLOG: Final = Metric(
    "tongban.relay.backlog", Form.GAUGE, "Letters, over all links, that the site at the other end doesn't have yet."
)
RELAY_BACKLOG_AGE: Final = Metric(
    "tongban.relay.backlog.age", Form.GAUGE, "How long the oldest of them has waited; 0 without any.", unit="s"
)
RELAY_UNPASSED: Final = Metric(
    "tongban.relay.unpassed", Form.GAUGE, "Letters that came and weren't passed on yet, those that wait for files too."
)
RELAY_FILES_WANTED: Final = Metric(
    "tongban.relay.files.wanted", Form.GAUGE, "Files that letters wait for, counted to a hundred a link."
)
RELAY_STOPPED: Final = Metric(
    "tongban.relay.stopped", Form.GAUGE, "Directions of links that stand still since their chain forked."
)
RELAY_SILENCE: Final = Metric(
    "tongban.relay.silence",
    Form.GAUGE,
    "How long ago the peer was last heard that was heard longest ago, of those that speak by line or as partners.",
    unit="s",
)
RELAY_UNANSWERED: Final = Metric(
    "tongban.relay.unanswered",
    Form.GAUGE,
    "Links whose other end didn't answer when it was last asked to compare, counted to a thousand.",
)
RELAY_ASIDE: Final = Metric(
    "tongban.relay.aside", Form.GAUGE, "Letters that were set aside and wait for an operator, counted to a thousand."
)
RELAY_REFUSED: Final = Metric(
    "tongban.relay.refused",
    Form.COUNTER,
    "Envelopes and requests of peers that were refused, by the error's stable code: signature_wrong, key_revoked and so on.",
    ("code",),
)

# ── What stands behind the ports ─────────────────────────────────────────────────────────────────────────────────

STORE_DURATION: Final = Metric(
    "tongban.store.duration",
    Form.HISTOGRAM,
    "How long the store took, by what was asked; lost races and refused keys count as answers.",
    ("operation",),
    "s",
    _DURATIONS,
)
STORE_ERRORS: Final = Metric(
    "tongban.store.errors", Form.COUNTER, "What the store could not do.", ("operation", "code")
)
BUS_ERRORS: Final = Metric("tongban.bus.errors", Form.COUNTER, "What the bus could not do.", ("operation", "code"))

# ── The process ──────────────────────────────────────────────────────────────────────────────────────────────────

PROCESS_MEMORY: Final = Metric("tongban.process.memory", Form.GAUGE, "Resident memory of the process.", unit="By")

CATALOGUE: Final = (
    HTTP_DURATION,
    RPC_DURATION,
    OUTBOX_DEPTH,
    OUTBOX_AGE,
    CONSUMER_LAG,
    EVENT_LATENCY,
    DEAD_LETTERS,
    CONSUMER_HALTED,
    ALARM_DELAY,
    ALARM_OVERDUE,
    QUEUE_WAIT,
    RELAY_BACKLOG,
    RELAY_BACKLOG_AGE,
    RELAY_UNPASSED,
    RELAY_FILES_WANTED,
    RELAY_STOPPED,
    RELAY_SILENCE,
    RELAY_UNANSWERED,
    RELAY_ASIDE,
    RELAY_REFUSED,
    STORE_DURATION,
    STORE_ERRORS,
    BUS_ERRORS,
    PROCESS_MEMORY,
)
