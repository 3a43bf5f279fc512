"""On a watched site: one trace a request, all that the catalogue names, and nobody's data in any log, trace or metric."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.sample.load import load_federation
from cli.sample.people import SAMPLE_PASSWORD, Citizen, staff_of
from gateway.pages import register_pages
from gateway.testing import FakeSite, fake_app
from kit.telemetry import CATALOGUE
from kit.telemetry.catalogue import BUS_ERRORS, DEAD_LETTERS, RELAY_REFUSED, STORE_ERRORS
from kit.telemetry.logs import BLOT
from tests.integration.conftest import to_monday
from tests.integration.operations import operations
from tests.integration.people import Town
from tests.integration.site import SERVICES, LiveSite, until
from tests.integration.visits import CENTER, NURSE, Visit
from tests.telemetry.conftest import Watched
from tests.telemetry.edges import check_a_ticket, check_an_acceptance
from tests.telemetry.receiver import PATIENCE, Receiver

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

JSON = {"Content-Type": "application/json"}
#: What a good day has none of.
TROUBLES = {DEAD_LETTERS.name, STORE_ERRORS.name, BUS_ERRORS.name, RELAY_REFUSED.name}


@dataclass(frozen=True)
class Day:
    """The day, and everything about its people that may stand in no log, trace or metric."""

    site: LiveSite
    town: Town
    receiver: Receiver
    told: frozenset[str]


@pytest.fixture(scope="module")
def day(watched: Watched) -> Day:
    """Visits that go well and that don't, and then every address, asked with what must not be written down."""
    to_monday(watched.site, watched.town)
    served, refused, missed = (Visit(watched.town, NURSE) for _ in range(3))
    missed.take()
    served.hand_in()
    served.upload()
    served.clerk.post(f"applications/{served.application['id']}/applicant", {"purpose": "核对身份"})
    served.accepted()
    served.decide("approved")
    served.hand_over()
    served.finish()
    served.evaluate("dissatisfied", "等候时间过长")
    refused.hand_in(faulty=1)
    refused.judge("refuse", {"reason": "不属于本机关职权范围", "basis": "行政许可法第三十二条"})
    body = {"text": "窗口无人", "name": served.person.name, "phone": served.person.phone}
    watched.town.public.post(f"centers/{CENTER}/complaints", body)
    ask_for_everything(watched.town, served)
    watched.site.advance_to(watched.site.now + timedelta(days=1))
    to_monday(watched.site, watched.town)
    watched.site.settle()
    numbers = (each for person in watched.town.came for each in told_by(person))
    staff = (each.name for each in staff_of(load_federation()))
    told = {*numbers, *staff, *watched.town.given, SAMPLE_PASSWORD}
    return Day(watched.site, watched.town, watched.receiver, frozenset(told))


def told_by(person: Citizen) -> Iterable[str]:
    return person.id_number, person.name, person.phone


def ask_for_everything(town: Town, visit: Visit) -> None:
    """Every page and every operation, by nobody and by staff, with a person's data wherever anything can be put."""
    person = visit.person
    asking = [town.public, town.staff("hb-manager-01")]
    for path in addresses(person):
        for each in asking:
            query = {"query": person.name, "code": person.id_number, "ticket": person.phone}
            assert each.ask("GET", f"{visit.town.address}{path}", params=query).status_code != 500, path
    document = town.public.get("openapi.json")
    for operation in operations(document):
        if operation.method == "GET" or operation.id == "sign_out":
            continue
        for each in asking:
            body = operation.body(lambda _: person.id_number, everything=True) if operation.media_types else None
            path = operation.path(lambda _: person.id_number)
            headers = {"Idempotency-Key": person.id_number}
            answer = each.ask(operation.method, path, json=body, headers=headers)
            assert answer.status_code != 500, (operation.id, answer.text)
    cut = f'{{"username": "{person.id_number}'
    assert town.public.ask("POST", "sessions", content=cut, headers=JSON).status_code == 400


def addresses(person: Citizen) -> Iterator[str]:
    """Every address that can be read, with a person's number, and once with the center's, where there is a name in it."""
    for rule in fake_app(FakeSite(), [register_pages]).url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "static" not in rule.endpoint and not rule.rule.endswith("/events"):
            for value in {person.id_number, CENTER} if rule.arguments else {""}:
                yield re.sub(r"<[^>]+>", value, rule.rule)


def found(texts: Iterable[str], where: bytes) -> list[str]:
    return sorted(text for text in texts if text.encode() in where)


def logs(site: LiveSite) -> list[Path]:
    return sorted(site.files.log_dir.iterdir())


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_no_log_of_the_day_names_anybody(day: Day) -> None:
    assert {log.stem for log in logs(day.site)} == {*SERVICES, "gateway", "fork-server"}
    for log in logs(day.site):
        content = log.read_bytes()
        assert not found(day.told, content), log.name
        assert BLOT.encode() not in content, f"{log.name}: the net caught what should not have been logged"


def test_every_line_of_a_log_is_an_object_that_says_when_who_and_for_which_request(day: Day) -> None:
    for log in logs(day.site):
        for line in lines(log):
            assert {"time", "level", "service", "site", "logger", "message"} <= line.keys()
            assert line["service"] == log.stem
    asked = [line for line in lines(day.site.files.log_dir / "gateway.log") if line["logger"] == "gateway.access"]
    assert len(asked) > 200
    assert all(re.fullmatch(r"[0-9a-f]{32}", line["trace_id"]) and line["request_id"] for line in asked)
    taken = [line for line in asked if line["http.route"] == "/api/v1/centers/<center>/tickets"]
    assert {line["http.status"] for line in taken} >= {201}
    assert all(isinstance(line["seconds"], float) for line in taken)


def test_no_trace_and_no_metric_names_anybody(day: Day) -> None:
    content = b"\n".join(day.receiver.raw)
    assert b"TakeTicket" in content, "the search finds what is there"
    assert not found(day.told - {SAMPLE_PASSWORD}, content)
    assert not found([SAMPLE_PASSWORD], content)


def test_a_ticket_is_one_trace_from_the_browser_to_the_last_consumer(day: Day) -> None:
    spans = check_a_ticket(day.town, day.receiver)
    assert not any(span.failed for span in spans)


def test_an_acceptance_is_one_trace_over_two_events(day: Day) -> None:
    check_an_acceptance(day.town, day.receiver)


def test_whatever_an_alarm_does_is_one_trace_too(day: Day) -> None:
    def published() -> bool:
        fired = {span.span_id for span in list(day.receiver.spans) if span.name.startswith("alarm ")}
        return any(span.parent_id in fired and span.kind == "producer" for span in list(day.receiver.spans))

    until(published, "an event that an alarm caused", PATIENCE)


def test_looking_for_work_makes_no_trace(day: Day) -> None:
    known = {span.span_id for span in day.receiver.spans}
    begun = {span.name.split(" ")[0] for span in day.receiver.spans if span.parent_id not in known}
    assert not begun & {"store", "publish"}, begun


def test_a_refusal_is_told_by_its_code_alone(day: Day) -> None:
    refused = [span for span in day.receiver.spans if span.failed and span.kind == "server"]
    assert refused


def test_all_that_the_catalogue_names_is_told_with_no_other_labels(day: Day) -> None:
    known = {metric.name: metric for metric in CATALOGUE}
    for metric in CATALOGUE:
        if metric.name in TROUBLES:
            continue
        day.receiver.metric(metric.name)
    for told in day.receiver.metrics.values():
        for name, labels in told.items():
            assert name in known, f"{name} is in no catalogue"
            assert labels <= {frozenset(known[name].labels)}, name
    assert not any(name in TROUBLES for told in day.receiver.metrics.values() for name in told)
