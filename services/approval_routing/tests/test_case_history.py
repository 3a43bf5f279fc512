"""A case's history: complete, sealed line by line; whoever edits the past is found (rules F12, G02)."""

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from services.approval_routing.case_rows import history_line, history_message
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.history import Checked, check, first_broken, remembered
from services.approval_routing.queries.cases import case_history
from services.approval_routing.tests.approval_office import CLERK, REVIEWER, Bench


def test_every_change_has_its_line_with_who_and_what(bench: Bench) -> None:
    bench.hand_out(bench.issue(bench.approved()))
    case = bench.now_of("a-1")
    lines = [(line.number, line.what, line.step_key, line.actor_id) for line in case.history]
    assert [line[1] for line in lines][:3] == ["CaseOpened", "StepClaimed", "StepPassed"]
    assert [line[0] for line in lines] == list(range(1, len(bench.told()) + 1))
    assert lines[1] == (2, "StepClaimed", "examine", REVIEWER.id)
    assert lines[-1][1:] == ("ResultDelivered", "", CLERK.id)
    found, checked = case_history(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert (found.history, checked) == (case.history, Checked(True))


def test_each_event_carries_the_newest_hash_away(bench: Bench) -> None:
    case = bench.opened()
    bench.claim(case)
    assert bench.now(case).history[-2].hash.encode() in bench.events[-1].data


def approved(bench: Bench) -> Case:
    return bench.now(bench.approved())


def tampered(case: Case, at: int, changes: dict[str, Any]) -> Case:
    line = replace(case.history[at - 1], **changes)
    return replace(case, history=(*case.history[: at - 1], line, *case.history[at:]))


@pytest.mark.parametrize(
    "changes",
    [{"actor_name": "别人"}, {"what": "StepReturned"}, {"state_hash": "0" * 64}, {"hash": "0" * 64}, {"number": 9}],
    ids=["actor", "what", "state", "hash", "number"],
)
def test_a_line_that_was_edited_is_found(bench: Bench, changes: dict[str, Any]) -> None:
    assert check(tampered(approved(bench), 3, changes)) == Checked(False, 3)


def test_a_line_that_was_taken_out_is_found(bench: Bench) -> None:
    case = approved(bench)
    assert check(replace(case, history=(*case.history[:2], *case.history[3:]))) == Checked(False, 3)
    assert check(replace(case, history=case.history[:-1])) == Checked(False, len(case.history))


def test_words_that_were_changed_in_the_store_are_found(bench: Bench) -> None:
    case = approved(bench)
    document = bench.store.get("case", case.id)
    assert document is not None
    steps = [dict(step) for step in document.body["steps"]]
    steps[0]["opinion"] = "改过的意见"
    bench.store.save("case", case.id, document.body | {"steps": steps}, document.version)
    stored, found = case_history(office=bench.office, call=bench.by(CLERK), case_id=case.id)
    assert (stored.steps[0].opinion, found) == ("改过的意见", Checked(False, len(case.history) + 1))


def test_a_case_of_an_older_release_begins_its_history_with_its_next_change(bench: Bench) -> None:
    case = bench.opened()
    document = bench.store.get("case", case.id)
    assert document is not None
    later = ("history", "merge_rule")
    old = {name: value for name, value in document.body.items() if name not in later}
    of_steps = ("kind", "after", "days", "signers", "sign_departments", "notice_days", "signatures", "record")
    old["steps"] = [{name: value for name, value in step.items() if name not in of_steps} for step in old["steps"]]
    bench.store.insert("case", "a-0", old | {"code": "of-an-older-release"})
    case = bench.now_of("a-0")
    assert check(case) == Checked(True)
    bench.claim(case)
    bench.pass_step(case)
    case = bench.now(case)
    assert [line.what for line in case.history] == ["StepClaimed", "StepPassed"]
    assert (check(case), case.current_step) == (Checked(True), case.steps[1].key)


def test_whoever_is_told_the_lines_counts_them_anew(bench: Bench) -> None:
    case = bench.approved()
    told = [history_message(line) for line in case.history]
    assert first_broken([history_line(line) for line in told]) == 0
    told[3].actor_name = "别人"
    assert first_broken([history_line(line) for line in told]) == 4
    del told[2]
    assert first_broken([history_line(line) for line in told]) == 3


def test_a_line_of_the_first_form_still_agrees(bench: Bench) -> None:
    case = bench.approved()
    with mock.patch("services.approval_routing.domain.history.FORM", 1):
        old = remembered(
            replace(case, history=()),
            what="CaseDecided",
            step_key="",
            actor_id="a",
            actor_name="b",
            at=bench.clock.now(),
        )
    assert old.history[-1].form == 1
    assert check(old).intact
    assert check(
        remembered(old, what="NoteAdded", step_key="", actor_id="a", actor_name="b", at=bench.clock.now())
    ).intact
