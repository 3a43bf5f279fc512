"""What comes over a line: kept, acknowledged at the link's rate, asked for where it is missing, refused where it is wrong."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from kit.errors import Invalid, TongbanError, Unavailable
from kit.store.steps import Steps
from services.relay.domain.chain import Fork, Gap
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.link import Link, LinkClosed
from services.relay.domain.quota import Bucket
from services.relay.handlers.incoming import incoming_head, receiving
from services.relay.protos import envelope_of, head_message
from services.relay.session.sending import STORE_REST
from services.relay.session.surroundings import LineRefused, Surroundings
from tongban.relay.v1 import link_pb2

log = logging.getLogger(__name__)

#: What may be refused in one conversation before this end hangs up.
_REFUSALS: Final = 20
#: How often a gap is asked for that isn't closed, in seconds.
_ASK_AGAIN: Final = 5.0
#: How long the acknowledgement of receipts may wait for something else to be said, in seconds, and of how many. Less than
#: after which anybody sends again. Our own choice.
SILENT: Final = 2.0
_FEW: Final = 16


class Taking:
    """One end's incoming direction on one line."""

    def __init__(self, around: Surroundings, link_id: str) -> None:
        self._around = around
        self._link_id = link_id
        self._refusals = 0
        self._asked = (-1, 0.0)
        self._resend_at: float | None = None
        #: An acknowledgement that is held back, and how many letters the bucket has still to let through for it.
        self._owed: tuple[Head, int] | None = None
        self._bucket: Bucket | None = None
        #: An acknowledgement that waits for something else to be said, of how many envelopes, and until when it may.
        self._unsaid: tuple[Head, int, float] | None = None

    @property
    def owes(self) -> bool:
        """Whether an acknowledgement is held back."""
        return self._owed is not None

    def rest(self) -> None:
        """The store isn't there: what it could not keep is asked for in a while."""
        self._resend_at = self._around.real() + STORE_REST

    def taking(self, message: link_pb2.Envelopes) -> Steps[list[link_pb2.Frame]]:
        """Keeps envelopes; what is said to that. Raises ``LinkClosed``, ``Unavailable``, ``LineRefused``."""
        desk, call, link = self._around.desk, self._around.call(), self._around.link(self._link_id)
        envelopes, malformed = [], None
        for each in message.envelopes:
            try:
                envelopes.append(envelope_of(each))
            except Invalid as error:
                malformed = (error, max(0, each.sequence))
                break
        try:
            head = yield from receiving(desk, call, link, envelopes)
        except Gap as gap:
            return [*self._acknowledge(link, gap.head, len(envelopes)), *self._ask_for(gap.head)]
        except (Unavailable, LinkClosed):
            raise
        except TongbanError as error:
            head = incoming_head(desk, link)
            sequence = error.sequence if isinstance(error, Fork) else head.sequence + 1
            return [*self._acknowledge(link, head, 0), *self.refuse(error, sequence)]
        if malformed is not None:
            return [*self._acknowledge(link, head, len(envelopes)), *self.refuse(*malformed)]
        if not link.limits.letters_per_minute and self._may_wait(head, envelopes):
            return []
        return self._acknowledge(link, head, len(envelopes))

    def _may_wait(self, head: Head, envelopes: Sequence[Envelope]) -> bool:
        """Whether their acknowledgement may go along with what is said next: few receipts, which nobody waits for."""
        before, until = (0, self._around.real() + SILENT) if self._unsaid is None else self._unsaid[1:]
        count = before + len(envelopes)
        if count > _FEW or 4 * count > self._around.terms.window_envelopes:
            return False
        if not all(each.letter.is_control for each in envelopes):
            return False
        self._unsaid = (head, count, until)
        return True

    def unsaid(self) -> list[link_pb2.Frame]:
        """The acknowledgement that waits for something else to be said: now it is."""
        if self._unsaid is None:
            return []
        head, self._unsaid = self._unsaid[0], None
        return [acknowledgement(head)]

    def silent_for(self) -> float:
        """For how many seconds it may wait yet."""
        return SILENT if self._unsaid is None else max(0.0, self._unsaid[2] - self._around.real())

    def refuse(self, error: TongbanError, sequence: int = 0) -> list[link_pb2.Frame]:
        """Says that something was refused. Raises ``LineRefused`` (``too_many_refusals``) when it was once too often."""
        log.warning("link %s: refused (%s) at %d", self._link_id, error.code, sequence)
        self._refusals += 1
        if self._refusals > _REFUSALS:
            raise LineRefused("too_many_refusals", "多次发送不符合规定的内容，连接已关闭。")
        refused = link_pb2.Refused(code=error.code, message=error.message, sequence=sequence)
        return [link_pb2.Frame(refused=refused)]

    def due(self) -> list[link_pb2.Frame]:
        """What this end owes by now. Raises ``LinkClosed``, ``Unavailable``."""
        frames: list[link_pb2.Frame] = self.unsaid() if self.silent_for() <= 0 else []
        if self._owed is not None:
            frames += self._pay(self._around.link(self._link_id))
        if self._resend_at is not None and self._around.real() >= self._resend_at:
            head = incoming_head(self._around.desk, self._around.link(self._link_id))
            self._resend_at = None
            frames.append(_resend(head))
        return frames

    def _acknowledge(self, link: Link, head: Head, count: int) -> list[link_pb2.Frame]:
        """Says how far it has come; later, where more came than the link's limits allow: so the other end slows down."""
        self._unsaid = None  # this says it, too
        if not link.limits.letters_per_minute:
            return [acknowledgement(head)]
        self._owed = (head, count + (0 if self._owed is None else self._owed[1]))
        return self._pay(link)

    def _pay(self, link: Link) -> list[link_pb2.Frame]:
        if self._owed is None:
            return []
        (head, owed), now = self._owed, self._around.call().now
        bucket = self._bucket or Bucket.full(link.limits, now)
        self._bucket, granted = bucket.take(link.limits, owed, now)
        if granted < owed:
            self._owed = (head, owed - granted)
            return []
        self._owed = None
        return [acknowledgement(head)]

    def _ask_for(self, head: Head) -> list[link_pb2.Frame]:
        now = self._around.real()
        if self._asked[0] == head.sequence and now < self._asked[1]:
            return []
        self._asked = (head.sequence, now + _ASK_AGAIN)
        return [_resend(head)]


def acknowledgement(head: Head) -> link_pb2.Frame:
    """Says that everything up to there is here, durably."""
    return link_pb2.Frame(acknowledged=link_pb2.Acknowledged(head=head_message(head)))


def _resend(head: Head) -> link_pb2.Frame:
    return link_pb2.Frame(resend_from=link_pb2.ResendFrom(after=head.sequence))
