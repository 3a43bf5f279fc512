"""Consuming: decode, deduplicate, retry, dead-letter, replay.

A handler gets an event with its mark and writes the mark with its effect; an event that comes again is then refused
by the store (``AlreadyApplied``), never by a check before. Transient errors (``Unavailable``, a lost race) are retried with
back-off; an event that is invalid, or that fails to the end, goes to ``<group>.dlq`` with the reason, and the next one
follows. Above a limit of dead letters the consumer stops and says so: then something is wrong with the consumer, not
with the events.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.trace import SpanKind

from kit import telemetry
from kit.actor import Actor
from kit.bus.port import Bus, Consumer, Received
from kit.call import Call
from kit.clock import Clock
from kit.dead_letters import REPLAY_FOR, dead_letter
from kit.errors import Conflict, Invalid, TongbanError, Unavailable
from kit.events import Event
from kit.patience import Patience
from kit.settings import SettingsError
from kit.store.port import AlreadyApplied, Mark

log = logging.getLogger(__name__)

#: How often an event is tried that fails in a way that nobody foresaw.
_ACCIDENTS = 2

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as a handler gets it: the event, the call that its effect is made in, and its mark."""

    event: Event
    group: str
    call: Call

    def mark(self, part: str = "") -> Mark:
        """To be written with the effect; ``part`` tells several documents touched by one event apart."""
        return Mark(self.group, self.event.id, part)

    def read(self, message_type: type[M]) -> M:
        """The event's content. Raises ``Invalid`` (``event_undecodable``), which makes it a dead letter."""
        try:
            return message_type.FromString(self.event.data)
        except DecodeError as error:
            raise Invalid("event_undecodable", "事件内容无法解析。", event=self.event.id) from error


Handler = Callable[[Delivery], None]


@dataclass(frozen=True)
class Subscription:
    """A consumer group of a service: what it listens to and what it does. Other event types are passed over.

    ``handlers`` maps event types to what is done; ``any_event`` (instead) gets every event of the topics.
    """

    group: str
    topics: Sequence[str]
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    any_event: Handler | None = None
    #: For types whose effects cost less together: takes events that follow each other. When it raises, whatever it has
    #: done by then, each of them goes to its handler in ``handlers``, which must find that without a second effect.
    together: Mapping[str, Callable[[Sequence[Delivery]], None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long one event is tried: ``attempts`` times with doubling pauses from ``first`` to ``longest`` seconds."""

    attempts: int = 8
    first: float = 0.05
    longest: float = 5.0
    #: Dead letters in a row without a success after which the consumer stops.
    dead_limit: int = 20
    #: Seconds after which a wait is told, and after which what isn't ready is given up (0: never); see ``Patience``.
    tell_after: float = 30.0
    give_up_after: float = 3600.0


class GroupRunner:
    """Runs one subscription in a thread of its own."""

    def __init__(
        self,
        subscription: Subscription,
        bus: Bus,
        clock: Clock,
        actor: Actor,
        retry: RetryPolicy = RetryPolicy(),
        tell: Callable[[str, str], None] = lambda group, trouble: None,
    ) -> None:
        self.subscription = subscription
        self._bus = bus
        self._clock = clock
        self._actor = actor
        self._retry = retry
        self._stop = threading.Event()
        self._dead_in_a_row = 0
        self._patience = Patience(tell_after=retry.tell_after, give_up_after=retry.give_up_after)
        self._tell = tell
        self._told = ""
        #: Why it stopped by itself; empty while it works.
        self.halted = ""

    def run(self) -> None:
        """Consumes until ``stop``, or until too many dead letters; joins anew after any failure.

        Raises ``SettingsError`` when its topics aren't such as it may use.
        """
        pause = self._retry.first
        while not self._stop.is_set() and not self.halted:
            try:
                consumer = self._bus.consumer(self.subscription.group, self.subscription.topics)
                try:
                    while not self._stop.is_set() and not self.halted:
                        self._turn(consumer)
                        pause = self._retry.first
                finally:
                    consumer.close()
            except SettingsError:
                raise  # no waiting mends it; the process ends, and says why
            except Unavailable as error:
                log.warning("%s is held up and joins anew: %s", self.subscription.group, error)
            except Exception:
                log.exception("%s failed; joining anew", self.subscription.group)
            else:
                return
            self._stop.wait(pause)
            pause = min(pause * 2, self._retry.longest)

    def is_halted(self) -> bool:
        """Whether it stopped by itself."""
        return bool(self.halted)

    def stop(self) -> None:
        """Ends ``run`` after the event that it is at."""
        self._stop.set()

    def _turn(self, consumer: Consumer) -> None:
        last: dict[tuple[str, int], Received] = {}
        waiting = deque(consumer.poll(timeout=1.0))
        while waiting and not self._ends:
            run = self._run_of(waiting)
            if len(run) == 1 or not self._handle_together(run):
                run = run[: sum(1 for _ in takewhile(self._handle_unless_ended, run))]
                if not run:
                    break
            for received in run:
                last[received.topic, received.partition] = waiting.popleft()
        for received in last.values():
            consumer.commit(received)
        self._notice()

    @property
    def _ends(self) -> bool:
        return self._stop.is_set() or bool(self.halted)

    def _handle_unless_ended(self, received: Received) -> bool:
        return not self._ends and self.handle(received)

    def _run_of(self, waiting: deque[Received]) -> list[Received]:
        """The first event, with those behind it that are handled together with it."""
        first = waiting[0].event
        together = first is not None and first.type in self.subscription.together and _for_all(waiting[0])
        run = [waiting[0]]
        for received in islice(waiting, 1, None):
            if not together or first is None or received.event is None or received.event.type != first.type:
                break
            if not _for_all(received):
                break
            run.append(received)
        return run

    def _handle_together(self, run: Sequence[Received]) -> bool:
        """Whether all of them had their effect at once; if not, each is handled by itself, refusals and outages too."""
        events = [received.event for received in run if received.event is not None]
        call = Call(self._actor, self._clock.now())
        facts = {"messaging.destination.name": run[0].topic, "messaging.consumer.group.name": self.subscription.group}
        try:
            with telemetry.span(f"consume {events[0].type}", SpanKind.CONSUMER, run[0].headers, facts):
                deliveries = [Delivery(event, self.subscription.group, call) for event in events]
                self.subscription.together[events[0].type](deliveries)
        except Exception as error:
            log.info("%s takes %d events one by one: %s", self.subscription.group, len(events), error)
            return False
        self._dead_in_a_row = 0
        for event in events:
            self._patience.done(event.id)
            self._tell_latency(event)
        return True

    def _tell_latency(self, event: Event) -> None:
        latency = max(0.0, (self._clock.now() - event.at).total_seconds())
        telemetry.event_latency.record(latency, {"group": self.subscription.group})

    def handle(self, received: Received) -> bool:
        """Brings one event to its end: its effect, or its dead letter. False: stopped before that."""
        if not _for_all(received) and received.headers[REPLAY_FOR] != self.subscription.group:
            return True
        event = received.event
        if event is None:
            return self._bury(received, "undecodable", "the event's headers can't be read")
        handler = self.subscription.any_event or self.subscription.handlers.get(event.type)
        if handler is None:
            return True
        facts = {"messaging.destination.name": received.topic, "messaging.consumer.group.name": self.subscription.group}
        with telemetry.span(f"consume {event.type}", SpanKind.CONSUMER, received.headers, facts):
            return self._apply(handler, event, received)

    def _apply(self, handler: Handler, event: Event, received: Received) -> bool:
        pause = self._retry.first
        outages = conflicts = accidents = 0  # counted apart: an outage before it makes no lost race the last
        while True:
            delivery = Delivery(event, self.subscription.group, Call(self._actor, self._clock.now()))
            try:
                handler(delivery)
                break
            except AlreadyApplied:
                break
            except Unavailable as error:
                if self._patience.refused(event.id, error):
                    return self._bury(received, error.code, str(error))
                self._notice()
                outages += 1
                if outages == self._retry.attempts:
                    raise
            except Conflict as error:
                conflicts += 1
                if conflicts == self._retry.attempts:
                    return self._bury(received, error.code, str(error))
            except TongbanError as error:
                return self._bury(received, error.code, str(error))
            except Exception as error:
                accidents += 1
                if accidents == _ACCIDENTS:
                    log.exception("%s cannot handle %s", self.subscription.group, event.id)
                    return self._bury(received, "unexpected", f"{type(error).__name__}: {error}")
            if self._stop.wait(pause):
                return False
            pause = min(pause * 2, self._retry.longest)
        self._dead_in_a_row = 0
        self._patience.done(event.id)
        self._tell_latency(event)
        return True

    def _bury(self, received: Received, code: str, reason: str) -> bool:
        """Writes the dead letter durably before the event counts as done."""
        letter = dead_letter(received, self.subscription.group, code, reason)
        self._bus.publish(letter.topic, [letter.event], [letter.headers])
        telemetry.dead_letters.add(1, {"group": self.subscription.group, "code": code})
        log.error("%s: dead letter %s (%s)", self.subscription.group, received.headers.get("ce_id", "?"), code)
        self._dead_in_a_row += 1
        if self._dead_in_a_row >= self._retry.dead_limit:
            self.halted = f"{self._dead_in_a_row} dead letters in a row"
            log.critical("%s stopped: %s; see `tongban dlq list`", self.subscription.group, self.halted)
            self._notice()
        return True

    def _notice(self) -> None:
        """Tells when the group begins to be in trouble, when that changes, and when it is over."""
        trouble = self.halted or self._patience.trouble
        if trouble != self._told:
            self._told = trouble
            if trouble and not self.halted:
                log.error("%s is held up: %s", self.subscription.group, trouble)
            elif not trouble:
                log.info("%s goes on", self.subscription.group)
            self._tell(self.subscription.group, trouble)


def _for_all(received: Received) -> bool:
    """Whether it is for every group, as all are but those that an operator lets come again."""
    return REPLAY_FOR not in received.headers
