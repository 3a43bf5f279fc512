"""What came on a line since its last turn, put together: letters that were sent one by one are kept with one write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tongban.relay.v1 import link_pb2

#: Frames in one message at the most.
FRAMES: Final = 64
#: Letters that are put together at the most.
_TOGETHER: Final = 100


def are_well_formed(message: link_pb2.Frames) -> bool:
    """Whether one message holds no more frames than it may, and none that holds others."""
    return len(message.frames) <= FRAMES and not any(each.HasField("frames") for each in message.frames)


def gathered(frames: Sequence[link_pb2.Frame]) -> Sequence[link_pb2.Frame]:
    """The same, said with fewer frames: letters that follow each other in one, and of acknowledgements the last.

    These two may change places with each other, as each is about another direction of the link; all else stays where it
    is. What is malformed is left for whoever hears it.
    """
    if len(frames) < 2:
        return frames
    found: list[link_pb2.Frame] = []
    letters: list[link_pb2.Frame] = []
    acknowledged: list[link_pb2.Frame] = []
    for frame in _opened(frames):
        which = frame.WhichOneof("body")
        if which == "envelopes":
            letters.append(frame)
        elif which == "acknowledged":
            acknowledged = [frame]
        else:
            found += [*_joined(letters), *acknowledged, frame]
            letters, acknowledged = [], []
    return [*found, *_joined(letters), *acknowledged]


def _opened(frames: Iterable[link_pb2.Frame]) -> Iterator[link_pb2.Frame]:
    for frame in frames:
        if frame.HasField("frames") and are_well_formed(frame.frames):
            yield from frame.frames.frames
        else:
            yield frame


def _joined(letters: Sequence[link_pb2.Frame]) -> Iterator[link_pb2.Frame]:
    if len(letters) < 2:
        yield from letters
        return
    message = link_pb2.Envelopes()
    for frame in letters:
        if message.envelopes and len(message.envelopes) + len(frame.envelopes.envelopes) > _TOGETHER:
            yield link_pb2.Frame(envelopes=message)
            message = link_pb2.Envelopes()
        message.envelopes.extend(frame.envelopes.envelopes)
    yield link_pb2.Frame(envelopes=message)
