"""``tongban seed``: loads the sample federation through the services' own RPCs.

Every step does nothing where it was done before, so that a load that was cut off at any point is completed by the next
one: a center's same description changes nothing, an imported item is unchanged, a username is taken, a window is assigned.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cli.operator import Operator, audit, require_running, runs_apart
from cli.processes import PARENT_FD
from cli.refusal import Refusal
from cli.site import Site, write_durably
from kit.errors import Conflict

if TYPE_CHECKING:
    from cli.sample.load import Federation
    from cli.sample.model import Center
    from cli.sample.people import Staff

V = TypeVar("V")
R = TypeVar("R")

#: Calls that are under way at once.
_AT_ONCE: Final = 8

#: What workforce answers for somebody of an earlier load: one of the two, as the store finds it first.
_THERE_ALREADY: Final = frozenset({"username_taken", "badge_number_taken"})

#: What workforce answers until it has heard of a center.
_NOT_HEARD_YET: Final = frozenset({"center_unknown", "window_unknown"})


@dataclass(frozen=True)
class Loader:
    """One load of one federation."""

    operator: Operator
    federation: Federation
    staff: Sequence[Staff]
    say: Callable[[str], None]

    @property
    def codes(self) -> frozenset[str]:
        """The centers of the federation."""
        return frozenset(center.code for center in self.federation.centers)

    def load(self) -> None:
        """Loads everything. Raises what the services raise; what is loaded stays."""
        for center in self.federation.centers:  # parents before children
            self._put_center(center)
        self.say(f"  sample            {len(self.federation.centers)} centers")
        with ThreadPoolExecutor(1) as beside:
            items = beside.submit(self._import_items)
            accounts = self._add_staff()
            self.say(f"  sample            {len(accounts)} staff")
            self._assign_windows(accounts)
            self.say(f"  sample            {items.result()} items")

    # ── Centers ──────────────────────────────────────────────────────────────────────────────────────────────

    def _put_center(self, center: Center) -> None:
        from cli.sample_messages import center_message
        from tongban.catalog.v1.service_pb2 import PutCenterRequest

        request = PutCenterRequest(center=center_message(center))
        try:
            self.operator.ask(self.operator.catalog.PutCenter, request, centers=self.codes)
        except Conflict as error:
            if error.code != "center_exists":  # somebody has changed it since: theirs stands
                raise
        self._set_hours(center)

    def _set_hours(self, center: Center) -> None:
        from google.protobuf.struct_pb2 import Value

        from cli.sample_messages import hours_value
        from reference.policies import ALL
        from tongban.catalog.v1.service_pb2 import SetPolicyRequest

        hours = hours_value(center)
        if hours == ALL["work_calendar"].default:
            return
        value = Value()
        value.struct_value.update(hours)
        request = SetPolicyRequest(center_id=center.code, key="work_calendar", value=value)
        self.operator.ask(self.operator.catalog.SetPolicy, request, centers=self.codes)

    # ── Items ────────────────────────────────────────────────────────────────────────────────────────────────

    def _import_items(self) -> int:
        return sum(_each(self._import_items_of, self.federation.centers, at_once=len(self.federation.centers)))

    def _import_items_of(self, center: Center) -> int:
        from cli.sample.exchange import rows_of, to_json
        from tongban.catalog.v1.service_pb2 import ImportItemsRequest

        rows = rows_of(self.federation, center)
        request = ImportItemsRequest(center_id=center.code, format="json", content=to_json(rows).encode(), publish=True)
        report = self.operator.ask(self.operator.catalog.ImportItems, request, centers=self.codes)
        if not report.applied or report.bad:
            bad = [f"{row.name}: {'; '.join(row.problems)}" for row in report.rows if row.problems]
            said = "\n  ".join(bad[:10]) or "no reason was given"
            raise Refusal(
                f"{report.bad or len(rows)} of the {len(rows)} sample items of {center.name} were refused:\n  {said}"
            )
        return len(rows)

    # ── Staff ────────────────────────────────────────────────────────────────────────────────────────────────

    def _add_staff(self) -> Mapping[str, str]:
        """Adds everybody with the one sample password, hashed once; ids by username."""
        from cli.sample.people import SAMPLE_PASSWORD
        from services.workforce.handlers.passwords import Passwords

        password_hash = Passwords().hash(SAMPLE_PASSWORD)
        added = _each(lambda person: (person.username, self._add(person, password_hash)), self.staff)
        accounts = {username: staff_id for username, staff_id in added if staff_id}
        if len(accounts) < len(self.staff):
            accounts |= self._accounts()
        if missing := [person.username for person in self.staff if person.username not in accounts]:
            raise Refusal(f"somebody else has the badge numbers of these sample accounts: {', '.join(missing[:10])}")
        return accounts

    def _add(self, person: Staff, password_hash: str) -> str:
        """The id of somebody new; empty where somebody has the username, and with it the badge."""
        from cli.sample_messages import staff_message
        from tongban.workforce.v1.service_pb2 import AddStaffRequest

        request = AddStaffRequest(staff=staff_message(person), password_hash=password_hash, password_is_final=True)
        add = self.operator.workforce.AddStaff
        try:
            # The key makes a call that was sent again the same call, whatever became of the first.
            key = secrets.token_hex()
            answer = self.operator.ask(add, request, centers=self.codes, key=key, wait_for=_NOT_HEARD_YET)
        except Conflict as error:
            if error.code not in _THERE_ALREADY:
                raise
            return ""
        return str(answer.staff.id)

    def _accounts(self) -> Mapping[str, str]:
        from tongban.workforce.v1.service_pb2 import ListStaffRequest

        found: dict[str, str] = {}
        for code in sorted(self.codes):
            cursor = ""
            while True:
                request = ListStaffRequest(center_id=code, limit=200, cursor=cursor)
                page = self.operator.ask(self.operator.workforce.ListStaff, request, centers=self.codes)
                found |= {one.username: one.id for one in page.staff}
                cursor = page.next_cursor
                if not cursor:
                    break
        return found

    def _assign_windows(self, accounts: Mapping[str, str]) -> None:
        _each(lambda person: self._assign(person, accounts[person.username]), [one for one in self.staff if one.window])

    def _assign(self, person: Staff, staff_id: str) -> None:
        from cli.sample_messages import window_id
        from tongban.workforce.v1.service_pb2 import AssignWindowRequest

        request = AssignWindowRequest(window_id=window_id(person.center, person.window), staff_id=staff_id)
        assign = self.operator.workforce.AssignWindow
        try:
            self.operator.ask(assign, request, centers=self.codes, wait_for=_NOT_HEARD_YET)
        except Conflict as error:
            if error.code not in ("staff_sits_elsewhere", "staff_not_active"):  # moved since: that stands
                raise


def _each(work: Callable[[V], R], given: Iterable[V], at_once: int = _AT_ONCE) -> list[R]:
    """Does the work for each, several at once; the first error ends it."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(work, one) for one in given]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def seed(site: Site, if_empty: bool) -> None:
    """Loads the sample federation into a running site whose catalog is empty, or goes on with a load that was cut off.

    Raises ``Refusal`` when the catalog holds something else (``if_empty``: does nothing then). A site that runs apart
    keeps no note of how far a load came: where it holds nothing but sample centers, each step is looked at again.
    """
    from cli.sample.load import load_federation
    from cli.sample.people import staff_of
    from cli.sample_loading import sample_state

    _follow_parent()
    require_running(site)
    operator, federation, apart = Operator(site), load_federation(), runs_apart()
    state = "" if apart else sample_state(site)
    if state == "loaded":
        print("tongban: the sample federation is loaded already")
        return
    sample = {center.code for center in federation.centers} if apart else set()
    if not state and _centers(operator) - sample:
        if if_empty:
            return
        raise Refusal("the catalog isn't empty; the sample federation goes into a site of its own only: --data FOLDER.")
    began = time.monotonic()
    if not apart:
        write_durably(site.sample_file, json.dumps({"state": "loading"}))
    Loader(operator, federation, staff_of(federation), lambda line: print(line, flush=True)).load()
    if not apart:
        write_durably(site.sample_file, json.dumps({"state": "loaded"}))
    audit(site, "sample_loaded", {"seconds": round(time.monotonic() - began, 1)})


def _centers(operator: Operator) -> set[str]:
    from tongban.catalog.v1.service_pb2 import ListCentersRequest

    return {
        center.id for center in operator.ask(operator.catalog.ListCenters, ListCentersRequest(), centers=()).centers
    }


def _follow_parent() -> None:
    """Ends with the supervisor that started this (``tongban up``), however that ends."""
    descriptor = os.environ.get(PARENT_FD, "")
    if not descriptor.isdecimal():
        return

    def watch() -> None:
        while os.read(int(descriptor), 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
