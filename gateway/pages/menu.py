"""The menu of a member of staff: a few entries as they are, many in groups that open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.pages.access import Desk, desks

#: So many entries stand in a row; more are grouped. Our own choice.
_IN_A_ROW: Final = 6
#: Each desk's group, by its endpoint, in the order of the menu.
GROUPS: Final = (
    (
        "办件",
        ("counter.choose", "collecting.listed", "approval.cases", "cooperation_desk.parts", "talk_desk.questions"),
    ),
    (
        "材料与证照",
        (
            "keeping.listed",
            "promising.listed",
            "denying.listed",
            "licences_desk.listed",
            "fees_desk.listed",
            "archive.listed",
            "archive_hand_overs_desk.listed",
        ),
    ),
    (
        "监督",
        (
            "oversight.overview",
            "cards.listed",
            "orders.listed",
            "accountability_desk.listed",
            "rectification.listed",
            "complaint_desk.cases",
        ),
    ),
    (
        "管理",
        ("management.windows", "covers_desk.listed", "seals_desk.listed", "relay_desk.links", "standards_desk.listed"),
    ),
)


@dataclass(frozen=True)
class Entry:
    """One place in the menu: a desk, or several behind one name."""

    name: str
    desks: Sequence[Desk]

    @property
    def open(self) -> bool:
        """Whether the request at hand is for a page of one of them."""
        return any(desk.open for desk in self.desks)


def menu() -> list[Entry]:
    """What whoever asks may open."""
    mine = desks()
    if len(mine) <= _IN_A_ROW:
        return [Entry(desk.name, (desk,)) for desk in mine]
    grouped = ((name, tuple(desk for desk in mine if desk.endpoint in endpoints)) for name, endpoints in GROUPS)
    return [Entry(name if len(some) > 1 else some[0].name, some) for name, some in grouped if some]
