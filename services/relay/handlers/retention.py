"""What relay keeps for how long (docs/relay/protocol.md, "What is kept"). All else it keeps for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kit.pruning import Rule
from services.relay.domain.files import FileState
from services.relay.handlers.attachments import FILES, Files
from services.relay.handlers.desk import REGISTER
from services.relay.handlers.kept import HELD, has_its_place
from services.relay.handlers.reconciling import REPORTS

#: What a file on a link has come to when nothing more is to be done with it.
_OVER = (FileState.COMPLETE, FileState.REFUSED, FileState.SETTLED)


def rules(files: Files, *, letters_days: int, reports_days: int, files_days: int) -> Iterator[Rule]:
    """Settled letters of the register, reports of reconcilings, copies of files on their way, what was held; 0 days: for ever.

    Never a letter that waits for its operator, a report that isn't done, a file that is wanted, nor what still waits for
    its predecessors. A file that was offered and that nobody ever asked for is kept as long as its letter is known.
    """
    if letters_days:
        yield Rule(REGISTER, "by_settled", timedelta(days=letters_days))
        offered = {"state": FileState.OFFERED}
        days = timedelta(days=letters_days)
        yield Rule(FILES, "by_age", days, where=offered, with_them=files.forget, of="offered")
    if reports_days:
        yield Rule(REPORTS, "by_finished", timedelta(days=reports_days))
    if files_days:
        days = timedelta(days=files_days)
        yield Rule(FILES, "by_age", days, where={"state": _OVER}, with_them=files.forget)
        yield Rule(HELD, "by_look", days, may_go=has_its_place)
