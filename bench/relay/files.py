"""A large file over a line that is cut again and again."""

from __future__ import annotations

import random
import time

from bench.callers import MeasurementError
from bench.figures import Figure, at_most
from bench.relay.sides import ends

_MB = 1024 * 1024


def large_file(size: int, cuts: int) -> tuple[Figure, ...]:
    """Sends it; how much more than itself went over the line, and how fast."""
    content = random.Random(1).randbytes(size)
    with ends() as pair:
        pair.line.cut_every = size // (cuts + 1)
        pair.start()
        began = time.monotonic()
        (id,) = pair.child.post(pair.hub.site, [b"with a large file"], attachments=[pair.child.keep(content)])
        while id not in [each.id for each in pair.hub.look().arrived]:
            if pair.line.cuts >= cuts:
                pair.line.cut_every = 0
            if time.monotonic() - began > 1200:
                raise MeasurementError("the file didn't arrive in twenty minutes")
            time.sleep(0.02)
        seconds = time.monotonic() - began
        again = (pair.line.passed / size - 1) * 100
        title = f"a file of {size // _MB} MB over a line cut {pair.line.cuts} times: sent again"
        return (
            Figure("relay.file_again", title, again, "%", at_most(10), details={"cuts": pair.line.cuts}),
            Figure("relay.file_rate", "the same, with all its waiting for new lines", size / seconds / _MB, "MB/s"),
        )
