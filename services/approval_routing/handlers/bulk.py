"""One act on many rows of a work list: each is a case of its own, and each says what came of it (rules F07, F12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.call import Call
from kit.errors import Invalid, TongbanError
from services.approval_routing.domain.case import Case
from services.approval_routing.handlers import work
from services.approval_routing.handlers.office import Office

#: Rows of one call (our own choice).
MOST_ROWS: Final = 100


class BulkAction(StrEnum):
    """What is done with each."""

    CLAIM = "claim"
    RELEASE = "release"
    PASS = "pass"  # noqa: S105
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A step of a case, at the version that was seen; 0: any."""

    case_id: str
    step_key: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of a row: the case, or why not."""

    row: BulkRow
    case: Case | None = None
    error: TongbanError | None = None


def act_on_steps(
    *, office: Office, call: Call, action: BulkAction | None, rows: Sequence[BulkRow], words: str
) -> list[BulkResult]:
    """Does the same with each row, one after the other; a refused one doesn't stop the rest.

    Raises ``Invalid`` (``bulk_action_unknown``, ``too_many_rows``).
    """
    if action is None:
        raise Invalid("bulk_action_unknown", "请选择要批量进行的操作。", field="action")
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid("too_many_rows", f"每次可批量办理 1 至 {MOST_ROWS} 件，请重新选择。", field="rows")
    found: list[BulkResult] = []
    for row in dict.fromkeys(rows):
        try:
            found.append(BulkResult(row, case=_done(office, call, action, row, words)))
        except TongbanError as error:
            found.append(BulkResult(row, error=error))
    return found


def _done(office: Office, call: Call, action: BulkAction, row: BulkRow, words: str) -> Case:
    acts: dict[BulkAction, Callable[[], Case]] = {
        BulkAction.CLAIM: lambda: work.claim_step(
            office=office, call=call, case_id=row.case_id, expected_version=row.version, step_key=row.step_key
        ),
        BulkAction.RELEASE: lambda: work.release_step(
            office=office, call=call, case_id=row.case_id, expected_version=row.version, step_key=row.step_key
        ),
        BulkAction.PASS: lambda: work.pass_step(
            office=office,
            call=call,
            case_id=row.case_id,
            opinion=words,
            expected_version=row.version,
            step_key=row.step_key,
        ),
        BulkAction.RETURN: lambda: work.return_step(
            office=office,
            call=call,
            case_id=row.case_id,
            reason=words,
            expected_version=row.version,
            step_key=row.step_key,
        ),
    }
    return acts[action]()
