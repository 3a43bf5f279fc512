"""Which seal a paper bears, and that it keeps it (rules C02–C04, AA03)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kit.actor import Actor, service_actor
from kit.errors import Conflict
from kit.testing import actor
from reference.model import Policy
from reference.papers.sealing import PAPER_KINDS, Seal, seal_for
from reference.papers.testing import sample_seal

CENTER = "610902"
CLERK = actor("clerk")


@dataclass
class Known:
    """The seals of the sample center."""

    all: tuple[Seal, ...]
    wanted: list[str] = field(default_factory=list)

    def seals(self, center_id: str) -> tuple[Seal, ...]:
        return self.all if center_id == CENTER else ()

    def policy(self, center_id: str) -> Policy:
        return Policy(center_id, {"sealed_papers": self.wanted})


def chosen(known: Known, who: Actor = CLERK, *, kind: str = "receipt", department: str = "market") -> str:
    return seal_for(known, who, center_id=CENTER, department_key=department, kind=kind)


def test_a_departments_own_comes_before_the_centers_and_a_newer_one_before_an_older_one() -> None:
    center, newer = sample_seal("center"), sample_seal("newer")
    own = sample_seal("own", department_key="market")
    assert chosen(Known((center,))) == "center"
    assert chosen(Known((center, newer))) == "newer"
    assert chosen(Known((own, center, newer))) == "own"
    assert chosen(Known((own, center)), department="labour") == "center"


@pytest.mark.parametrize(
    "seal",
    [
        sample_seal(withdrawn=True),
        sample_seal(kinds=("refusal",)),
        sample_seal(roles=("approver",)),
        sample_seal(department_key="labour"),
    ],
    ids=["withdrawn", "for other papers", "for others to issue", "another department's"],
)
def test_without_a_right_a_paper_bears_none_or_is_not_issued_where_the_center_wants_one(seal: Seal) -> None:
    assert chosen(Known((seal,))) == ""
    with pytest.raises(Conflict, match="seal_missing"):
        chosen(Known((seal,), ["receipt"]))


def test_what_the_law_issues_by_itself_waits_for_no_seal() -> None:
    assert chosen(Known((), ["receipt"]), service_actor("intake")) == ""
    assert chosen(Known((sample_seal(roles=("service",)),)), service_actor("intake")) == "seal-1"


def test_every_kind_of_paper_may_be_sealed() -> None:
    assert {"receipt", "acceptance", "denied", "result"} <= set(PAPER_KINDS)
