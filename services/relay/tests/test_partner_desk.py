"""The partner API over the real desk: what a partner's requests do to a link, at any replica."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.port import Range
from kit.store.repository import Repository
from kit.testing import MONDAY, seeded_ids
from services.relay.domain.chain import ranges
from services.relay.domain.comparing import Run
from services.relay.domain.contact import Contact
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.limits import Limits
from services.relay.domain.quota import Pace
from services.relay.domain.reconcile import Report, Round
from services.relay.handlers.contacts import CONTACTS, Contacts
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import incoming_head
from services.relay.handlers.outgoing import post
from services.relay.handlers.quotas import PACES
from services.relay.handlers.reconciling import RECONCILE_KINDS, REPORTS, ROUNDS, Reconciling
from services.relay.partner.office import DeskOffice
from services.relay.partner.reconciling import RUNS, PartnerReconciling
from services.relay.partner.replay import NONCES
from services.relay.partner.wire import envelope_json, head_json, read_envelopes
from services.relay.tests.partner_office import Partner
from services.relay.tests.world import KEY, PARTNER, TestKeyring, join, office
from tests.contract.memory_store import MemoryStore

HUB = "610900.ankang"


class Side:
    """A hub with a partner that speaks HTTPS; each of its replicas is a ``Partner`` of its own."""

    def __init__(self, limits: Limits) -> None:
        self.clock = FixedClock(MONDAY)
        self.store = MemoryStore([*KINDS, CONTACTS, PACES, NONCES, RUNS, *RECONCILE_KINDS])
        self.hub = office(HUB, store=self.store, clock=self.clock)
        self.partner = office(PARTNER, clock=self.clock, seed=2)
        self.link = join(self.hub, self.partner)
        self.hub.links.all[self.link] = replace(self.hub.links.all[self.link], limits=limits)
        encoder, ids = EventEncoder(HUB, "relay", {}), seeded_ids(3)
        self.reconciling = Reconciling(
            self.hub.desk,
            Repository(self.store, REPORTS, Report, encoder, ids),
            Repository(self.store, ROUNDS, Round, encoder, ids),
        )

    def replica(self) -> Partner:
        encoder, ids = EventEncoder(HUB, "relay", {}), Ids()
        behind = DeskOffice(
            self.hub.desk,
            _NoFiles(),  # type: ignore[arg-type]
            Contacts(Repository(self.store, CONTACTS, Contact, encoder, ids)),
            Repository(self.store, PACES, Pace, encoder, ids),
            PartnerReconciling(self.reconciling, Repository(self.store, RUNS, Run, encoder, ids)),
            ids.new_id,
            lambda: self.hub.now,
        )
        sign = lambda data: TestKeyring(PARTNER).sign(KEY, data)  # noqa: E731
        return Partner(behind, store=self.store, clock=self.clock, link=self.link, key_id=KEY, sign=sign)

    def written(self, count: int, after: Sequence[Envelope] = ()) -> list[Envelope]:
        """The partner's next envelopes."""
        lane = self.partner.desk.outgoing(self.partner.links.all[self.link])
        head = after[-1].head() if after else Head()
        found = []
        for _ in range(count):
            letter = replace(self.partner.letter(HUB), key_id=KEY)
            letter = replace(letter, signature=self.partner.keys.sign(KEY, letter.canonical()))
            envelope = lane.wrap(letter, head, KEY)
            envelope = replace(envelope, signature=self.partner.keys.sign(KEY, envelope.canonical()))
            head = envelope.head()
            found.append(envelope)
        return found

    @property
    def kept(self) -> int:
        return incoming_head(self.hub.desk, self.hub.links.all[self.link]).sequence


class _NoFiles:
    def want(self, *given: object) -> None:
        """Nothing."""

    def wanted(self, *given: object) -> list[object]:
        return []


class TestLettersAMinute:
    @pytest.fixture
    def side(self) -> Side:
        return Side(Limits(letters_per_minute=6))

    def test_above_the_links_rate_nothing_is_taken_until_it_may_be(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(8)
        assert api.post(letters[:6]).status == 200
        refused = api.post(letters[6:])
        assert (refused.status, refused.code) == (429, "letter_rate_exceeded")
        assert refused.json["retryable"] is True
        assert refused.json["received"]["sequence"] == side.kept == 6
        wait = int(refused.fields["retry-after"])
        side.clock.advance(timedelta(seconds=wait - 1))
        assert api.post(letters[6:]).code == "letter_rate_exceeded"
        side.clock.advance(timedelta(seconds=1))
        assert api.post(letters[6:]).status == 200
        assert side.kept == 8

    def test_what_comes_again_is_not_counted_again(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(6)
        for _ in range(3):
            assert api.post(letters).status == 200

    def test_replicas_count_together(self, side: Side) -> None:
        letters = side.written(8)
        assert side.replica().post(letters[:6]).status == 200
        assert side.replica().post(letters[6:]).code == "letter_rate_exceeded"

    def test_more_than_a_minutes_worth_at_once_is_made_up_for(self, side: Side) -> None:
        api = side.replica()
        letters = side.written(13)
        assert api.post(letters[:12]).status == 200
        side.clock.advance(timedelta(seconds=60))
        assert api.post(letters[12:]).code == "letter_rate_exceeded"
        side.clock.advance(timedelta(seconds=10))
        assert api.post(letters[12:]).status == 200

    def test_a_link_without_a_rate_takes_all(self) -> None:
        side = Side(Limits())
        assert side.replica().post(side.written(50)).status == 200


def test_a_request_that_one_replica_has_answered_no_other_answers() -> None:
    side = Side(Limits())
    one, other = side.replica(), side.replica()
    path = f"/partner/v1/links/{side.link}"
    fields = one.signed("GET", path, {})
    assert one.send("GET", path, b"", fields).status == 200
    assert other.send("GET", path, b"", fields).code == "signature_replayed"


class TestReconciling:
    """The partner keeps what it wrote and what it fetched, and answers from that."""

    @pytest.fixture
    def side(self) -> Side:
        side = Side(Limits())
        for _ in range(5):
            post(desk=side.hub.desk, call=side.hub.now, letter=side.hub.letter(PARTNER))
        self.theirs = side.written(3)
        api = side.replica()
        assert api.post(self.theirs).status == 200
        got = api.ask("GET", f"/partner/v1/links/{side.link}/envelopes?after=0")
        self.ours = list(read_envelopes(got.content))
        return side

    def lane(self, site: str) -> list[Envelope]:
        return self.ours if site == HUB else self.theirs

    def answer(self, side: Side, question: dict[str, Any]) -> Any:
        """What the partner says to a question; each time to another replica."""
        lane = self.lane(question["from_site"])
        part = [each for each in lane if question["first"] <= each.sequence <= question["last"]]
        body: dict[str, Any] = {"question": question["id"]}
        if question["wanted"] == "envelopes":
            return self.say(side, "envelopes", {**body, "envelopes": [envelope_json(each) for each in part]})
        rows = [(each.letter.type, each.sequence, each.head().digest) for each in part]
        types = [{"type": each.type, "count": each.count, "hash": each.hash.hex()} for each in ranges(rows)]
        body |= {"last": part[-1].sequence if part else question["first"] - 1, "types": types}
        return self.say(side, "ranges", {**body, "head": head_json(lane[-1].head() if lane else Head())})

    def say(self, side: Side, what: str, body: dict[str, Any]) -> Any:
        path = f"/partner/v1/links/{side.link}/reconciliation" + (f"/{what}" if what else "")
        return side.replica().ask("POST", path, json.dumps(body).encode())

    def question(self, side: Side) -> Any:
        return side.replica().ask("GET", f"/partner/v1/links/{side.link}/reconciliation").json["question"]

    def answered_all(self, side: Side, question: Any) -> dict[str, Any]:
        report: dict[str, Any] = {}
        while question is not None:
            reply = self.answer(side, question)
            assert reply.status == 200, reply.json
            question, report = reply.json["question"], reply.json["report"]
        return report

    def test_a_partner_compares_what_it_has_with_what_is_here(self, side: Side) -> None:
        path = f"/partner/v1/links/{side.link}/ranges?from_site={HUB}&first=2&last=4"
        found = side.replica().ask("GET", path).json
        rows = [(each.letter.type, each.sequence, each.head().digest) for each in self.ours[1:4]]
        assert found["types"] == [
            {"type": each.type, "count": each.count, "hash": each.hash.hex()} for each in ranges(rows)
        ]
        assert (found["last"], found["head"]) == (4, head_json(self.ours[-1].head()))

    def test_a_partner_gets_back_what_it_lost_of_its_own(self, side: Side) -> None:
        path = f"/partner/v1/links/{side.link}/ranges/envelopes?from_site={PARTNER}&first=2&last=9"
        assert list(read_envelopes(side.replica().ask("GET", path).content)) == self.theirs[1:]

    def test_a_range_of_another_site_is_refused(self, side: Side) -> None:
        reply = side.replica().ask("GET", f"/partner/v1/links/{side.link}/ranges?from_site=610000.x&first=1&last=2")
        assert reply.code == "range_malformed"

    def test_each_night_it_is_asked_and_the_report_is_kept(self, side: Side) -> None:
        assert self.question(side) is None
        (alarm,) = side.reconciling.alarms()
        side.clock.advance(timedelta(days=1))
        for turn in alarm.repository.find("alarms", range=Range(least=0)).items:
            alarm.fire(turn, side.hub.now)
        report = self.answered_all(side, self.question(side))
        assert report["agrees"]
        (kept,) = side.reconciling.reports_of(link_id=side.link, limit=5, cursor="").items
        assert (kept.id, kept.agrees, kept.asked_by) == (report["id"], True, "")
        assert [(each.last, each.types[0].ours, each.types[0].theirs) for each in kept.directions] == [
            (5, 5, 5),
            (3, 3, 3),
        ]
        assert self.question(side) is None

    def test_what_was_lost_here_of_our_own_comes_back_from_the_partner(self, side: Side) -> None:
        side.store.remove("envelope", [(f"{side.link}/out/{number}", 1) for number in (5, 4)])
        report = self.answered_all(side, self.say(side, "", {"reason": "恢复备份后"}).json["question"])
        assert report["agrees"]
        assert report["directions"][0]["mended"] == 2
        (kept,) = side.reconciling.reports_of(link_id=side.link, limit=5, cursor="").items
        assert (kept.asked_by, kept.reason) == (PARTNER, "恢复备份后")
        again = side.replica().ask("GET", f"/partner/v1/links/{side.link}/envelopes?after=3")
        assert list(read_envelopes(again.content)) == self.ours[3:]

    def test_a_difference_is_reported(self, side: Side) -> None:
        self.theirs[2:] = side.written(1, self.theirs[:2])
        report = self.answered_all(side, self.say(side, "", {"reason": "例行"}).json["question"])
        assert not report["agrees"]
        assert [each["difference"] for each in report["directions"][1]["differences"]] == ["different"]

    def test_an_answer_to_another_question_changes_nothing(self, side: Side) -> None:
        question = self.say(side, "", {}).json["question"]
        assert self.answer(side, question).status == 200
        assert self.answer(side, question).code == "question_answered"
        assert self.question(side)["id"] != question["id"]

    def test_who_has_just_asked_waits(self, side: Side) -> None:
        self.answered_all(side, self.say(side, "", {}).json["question"])
        refused = self.say(side, "", {})
        assert (refused.status, refused.code) == (429, "reconcile_asked_too_often")
        side.clock.advance(timedelta(seconds=int(refused.fields["retry-after"])))
        assert self.say(side, "", {}).status == 200
