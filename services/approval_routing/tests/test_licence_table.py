"""What may become of a licence, and what may not: the whole table (bad input; 许可法 50)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY
from kit.workdays import local_instant
from services.approval_routing.domain import licences
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.domain.validity import Validity
from services.approval_routing.tests.case_samples import decided, opened

UNTIL = date(2026, 12, 31)
LICENCE = Licence(
    "l-1", "证1", "证", "610902", "dept", "item", "许可", "张*", "j",
    Validity(date(2026, 1, 1), UNTIL, UNTIL - timedelta(days=30)), None, None,
)  # fmt: skip
WAITING = replace(LICENCE, renewal_case_id="a-1", renewal_number="1", in_time=True)
PAST = local_instant(UNTIL + timedelta(days=1))

SITUATIONS: dict[str, Licence] = {
    "valid": LICENCE,
    "being renewed": WAITING,
    "being renewed by another": replace(WAITING, renewal_case_id="a-2"),
    "another's": replace(LICENCE, holder_masked="李*"),
    "another center's": replace(LICENCE, center_id="610903"),
    "continued": replace(WAITING, state=LicenceState.CONTINUED),
    "renewed": replace(WAITING, state=LicenceState.RENEWED, followed_by="证2"),
    "expired": replace(LICENCE, state=LicenceState.EXPIRED),
    "ended": replace(LICENCE, state=LicenceState.ENDED),
}


def applied(licence: Licence, case: Case) -> Licence:
    return licences.awaits(licence, licences.renewed_by(case, licence, MONDAY))


ACTIONS: dict[str, Callable[[Licence], Licence]] = {
    "apply": lambda it: applied(it, opened()),
    "apply when decided": lambda it: applied(it, decided()),
    "refuse": licences.not_renewed,
    "follow": lambda it: licences.followed(it, "证2"),
    "end": lambda it: licences.wake(it, PAST, undecided=False)[0],
    "end undecided": lambda it: licences.wake(it, PAST, undecided=True)[0],
}
#: Whoever asks for what isn't theirs is refused; time and the result that follows ask nobody.
LEGAL: dict[tuple[str, str], LicenceState] = {
    ("valid", "apply"): LicenceState.VALID,
    ("being renewed", "apply"): LicenceState.VALID,
    ("continued", "apply"): LicenceState.CONTINUED,
    ("being renewed", "refuse"): LicenceState.VALID,
    ("being renewed by another", "refuse"): LicenceState.VALID,
    **{(name, "follow"): LicenceState.RENEWED for name in SITUATIONS if name not in ("renewed", "ended")},
    **{
        (name, act): LicenceState.CONTINUED
        if act == "end undecided" and name.startswith("being renewed")
        else LicenceState.EXPIRED
        for name in ("valid", "being renewed", "being renewed by another", "another's", "another center's")
        for act in ("end", "end undecided")
    },
}


@pytest.mark.parametrize(("situation", "action"), LEGAL)
def test_a_legal_act_leads_where_it_should(situation: str, action: str) -> None:
    assert ACTIONS[action](SITUATIONS[situation]).state is LEGAL[situation, action]


@pytest.mark.parametrize(("situation", "action"), [pair for pair in product(SITUATIONS, ACTIONS) if pair not in LEGAL])
def test_every_other_act_is_refused(situation: str, action: str) -> None:
    with pytest.raises(Conflict):
        ACTIONS[action](SITUATIONS[situation])


def test_the_table_names_every_state() -> None:
    assert {licence.state for licence in SITUATIONS.values()} == set(LicenceState)
