"""Files beside the ordered flow of one line: what is asked for, what is given. No I/O but the store's.

Each ``AttachmentWanted`` asks for one piece. The asking end keeps a few on their way and asks on from what it has
durably, so a break costs no more than these; and since nobody sends a piece that wasn't asked for, bulk never piles up
before the control frames.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Final

from kit.call import Call
from kit.errors import NotFound, TongbanError
from services.relay.handlers.attachments import PIECE, Files, Reading, Wanted
from services.relay.session.surroundings import LOOK
from tongban.relay.v1 import link_pb2

log = logging.getLogger(__name__)

#: Pieces that are on their way at a time, over all files of a line: half a MiB is sent again after a break at most.
IN_FLIGHT: Final = 4
#: Files that are fetched side by side, so that a large one doesn't hold up the small ones.
_AT_ONCE: Final = 4
#: Files that are held open for the neighbour.
_OPEN: Final = 4
#: Pieces that a neighbour may have asked for and not got yet; one that asks for more has its line closed.
_ASKED_AT_MOST: Final = 64
#: After how long a file that the neighbour didn't have is asked for again, in seconds of the line's clock. Our own choice.
MISSING_REST: Final = 30.0


class FileFlow:
    """The files of one line, for one session. Not to be used by two threads at once."""

    def __init__(
        self, link: str, files: Files, now: Callable[[], float], look_seconds: Callable[[], float] = lambda: LOOK
    ) -> None:
        self._link = link
        self._files = files
        #: Monotonic seconds.
        self._now = now
        #: How often is looked for files that nobody said are wanted: another replica may have passed their letter on.
        self._look_seconds = look_seconds
        # Asking: pieces on their way by file (the offset that follows the last one asked for), and who rests.
        self._fetched: OrderedDict[str, _Fetched] = OrderedDict()
        self._resting: dict[str, float] = {}
        #: When is looked again for files that are wanted; whoever passes letters on may say that it is now.
        self._look_at = 0.0
        # Giving.
        self._asked: deque[tuple[str, int, Call]] = deque()
        self._readings: OrderedDict[str, tuple[Reading, int]] = OrderedDict()
        #: Bytes of files that came and went, for figures.
        self.bytes_in = 0
        self.bytes_out = 0

    # ── Coming in ────────────────────────────────────────────────────────────────────────────────────────────

    def nudge(self) -> None:
        """Files may be wanted now. From any thread."""
        self._look_at = 0.0

    def receive(self, frame: link_pb2.Frame, call: Call) -> bool:
        """Takes a frame of the neighbour; True: a file has come to its end, so letters may go on.

        Raises ``TongbanError`` with the code that the neighbour is told.
        """
        which = frame.WhichOneof("body")
        if which == "attachment_wanted":
            self._ask(frame.attachment_wanted, call)
        elif which == "attachment_missing":
            self._miss(frame.attachment_missing.sha256)
        elif which == "attachment_chunk":
            return self._take(frame.attachment_chunk, call)
        return False

    def _ask(self, wanted: link_pb2.AttachmentWanted, call: Call) -> None:
        if len(self._asked) >= _ASKED_AT_MOST:
            raise TongbanError("attachment_asked_too_often", "请求的附件分片过多，请等待已请求的分片。")
        self._asked.append((wanted.sha256, wanted.offset, call))

    def _miss(self, sha256: str) -> None:
        if self._fetched.pop(sha256, None) is not None:
            log.warning("%s: the neighbour doesn't have file %s", self._link, sha256)
            self._resting[sha256] = self._now() + MISSING_REST
            self._look_at = 0.0

    def _take(self, chunk: link_pb2.AttachmentChunk, call: Call) -> bool:
        fetched = self._fetched.get(chunk.sha256)
        if fetched is None or not fetched.asked:
            raise TongbanError("attachment_not_wanted", "没有请求过该附件。", sha256=chunk.sha256[:80])
        fetched.asked -= 1
        self.bytes_in += len(chunk.data)
        try:
            following = self._files.take(call, self._link, chunk.sha256, chunk.offset, chunk.data)
        except TongbanError:
            self._done(chunk.sha256)  # asked for anew, from what is there
            raise
        if following is None:
            self._done(chunk.sha256)
            return True
        if following.offset != chunk.offset + len(chunk.data):
            # It came over another line meanwhile, or turned out to be another file: on from where it stands now.
            fetched.next = following.offset
        return False

    def _done(self, sha256: str) -> None:
        del self._fetched[sha256]
        self._look_at = 0.0

    # ── Going out ────────────────────────────────────────────────────────────────────────────────────────────

    def to_ask(self) -> list[link_pb2.Frame]:
        """What the neighbour is asked for now; call it again after each piece, and when something new is wanted."""
        room = IN_FLIGHT - sum(each.asked for each in self._fetched.values())
        if room <= 0:
            return []
        if len(self._fetched) < _AT_ONCE:
            self._begin()
        frames = []
        while room > 0:
            open_ones = [each for each in self._fetched.values() if each.next < each.size]
            if not open_ones:
                break
            least = min(open_ones, key=lambda each: each.asked)
            frames.append(
                link_pb2.Frame(attachment_wanted=link_pb2.AttachmentWanted(sha256=least.sha256, offset=least.next))
            )
            least.next += PIECE
            least.asked += 1
            room -= 1
        return frames

    def _begin(self) -> None:
        now = self._now()
        if now < self._look_at:
            return
        self._look_at = now + self._look_seconds()
        self._resting = {sha256: until for sha256, until in self._resting.items() if until > now}
        for wanted in self._files.wanted(self._link, _AT_ONCE + len(self._resting)):
            if len(self._fetched) < _AT_ONCE and wanted.sha256 not in self._fetched | self._resting:
                self._fetched[wanted.sha256] = _Fetched(wanted)

    def to_give(self) -> link_pb2.Frame | None:
        """The next piece that the neighbour asked for; ``None``: nothing is asked for. Raises ``Unavailable``."""
        if not self._asked:
            return None
        sha256, offset, call = self._asked.popleft()
        missing = link_pb2.Frame(attachment_missing=link_pb2.AttachmentMissing(sha256=sha256[:80]))
        try:
            reading = self._reading(sha256)
            data = b"" if reading is None or offset < 0 else reading[0].piece(offset)
        except NotFound:
            return missing
        if reading is None or not data:
            return missing
        self.bytes_out += len(data)
        if offset + len(data) >= reading[1]:
            self._files.given(call, self._link, sha256)
        chunk = link_pb2.AttachmentChunk(sha256=sha256, offset=offset, data=data, size=reading[1])
        return link_pb2.Frame(attachment_chunk=chunk)

    @property
    def gives(self) -> bool:
        """Whether the neighbour waits for a piece."""
        return bool(self._asked)

    def _reading(self, sha256: str) -> tuple[Reading, int] | None:
        found = self._readings.get(sha256)
        if found is None:
            offered = self._files.offered(self._link, sha256)
            if offered is None:
                return None
            found = self._readings[sha256] = (Reading(partial(self._files.open, sha256)), offered.size)
            if len(self._readings) > _OPEN:
                self._readings.popitem(last=False)
        self._readings.move_to_end(sha256)
        return found


class _Fetched:
    """A file that is being fetched: what is asked for next, and how many pieces are on their way."""

    def __init__(self, wanted: Wanted) -> None:
        self.sha256 = wanted.sha256
        self.size = wanted.size
        self.next = wanted.offset
        self.asked = 0
