"""Pieces of work that write here and there, carried out by themselves or together with others, with one write for all.

A piece is a generator of its writes: it yields each and is given the answer, or has the refusal raised in it. So a rule
is written once, whether a thread works for one or for many.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, TypeVar

from kit.store.port import Append, Document, Store, Write

T = TypeVar("T")


class _Alone:
    """See ``ALONE``."""


#: What a piece yields before something long: it goes on when those that began with it are done, and keeps no other waiting.
ALONE: Final = _Alone()
Steps = Generator[Write | _Alone, Any, T]


def carry_out(store: Store, write: Write) -> Document | None:
    """One write by itself. Raises what ``Store.append`` and ``Store.save`` raise."""
    if isinstance(write, Append):
        store.append(write.kind, write.documents, durable=write.durable)
        return None
    given = {"events": write.events, "mark": write.mark, "durable": write.durable}
    return store.save(write.kind, write.id, write.body, write.version, **given)  # type: ignore[arg-type]


def attempted(store: Store, write: Write) -> Document | Exception | None:
    """What a write answers, or is refused with."""
    try:
        return carry_out(store, write)
    except Exception as refused:
        return refused


def alone(store: Store, steps: Steps[T]) -> T:
    """Carries out one piece; what it returns, or raises."""
    answer: Any = None
    while True:
        try:
            wanted = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        answer = None if isinstance(wanted, _Alone) else attempted(store, wanted)


#: Told which piece ended, and what it returned or raised.
Done = Callable[[int, Any, BaseException | None], None]


def together(store: Store, pieces: Sequence[Steps[T]], done: Done) -> list[int]:
    """Carries out several pieces, whose writes of one round are one; ``done`` is told of each as soon as it ends.

    Returns those that want to go on alone: see ``finish``.
    """
    going: list[tuple[int, Any]] = [(number, None) for number in range(len(pieces))]
    later: list[int] = []
    while going:
        asked: list[tuple[int, Write]] = []
        for number, answer in going:
            steps = pieces[number]
            try:
                wanted = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
            except StopIteration as end:
                done(number, end.value, None)
            except BaseException as error:
                done(number, None, error)
            else:
                if isinstance(wanted, _Alone):
                    later.append(number)
                else:
                    asked.append((number, wanted))
        answers = _answers(store, [write for _, write in asked]) if asked else ()
        going = [(number, answer) for (number, _), answer in zip(asked, answers, strict=True)]
    return later


def finish(store: Store, number: int, steps: Steps[T], done: Done) -> None:
    """Carries out one piece that wanted to go on alone, and tells of its end."""
    try:
        result = alone(store, steps)
    except BaseException as error:
        done(number, None, error)
    else:
        done(number, result, None)


def _answers(store: Store, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
    if len(writes) == 1:
        return [attempted(store, writes[0])]
    try:
        return store.write_all(writes)
    except Exception as error:
        return [error] * len(writes)
