"""Letters from one desk to another: once, in order, answered."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from services.relay.domain.chain import Gap
from services.relay.domain.files import FileState
from services.relay.domain.letter import Attachment
from services.relay.domain.proposal import Direction
from services.relay.domain.register import Settlement
from services.relay.domain.route import Route
from services.relay.handlers.incoming import import_envelopes, incoming_head, receive
from services.relay.handlers.outgoing import outgoing_head, post, post_all
from services.relay.handlers.receipts import settle_letter
from services.relay.tests.carrying import carry, envelopes, payloads, send
from services.relay.tests.world import COUNTY, HUB, PARTNER, TOWN, Office, join, office
from tongban.relay.v1 import messages_pb2

# ── Carried ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_arrives_once_and_its_origin_is_told_so(county: Office, hub: Office) -> None:
    letter = county.letter(HUB, "申请".encode())
    placed = post(desk=county.desk, call=county.now, letter=letter)
    assert placed.sequence == 1
    assert carry(county, hub).sequence == 1
    hub.pass_all()
    (arrived,) = hub.arrived()
    assert (arrived.letter.id, arrived.letter.origin, arrived.letter.payload) == (letter.id, COUNTY, letter.payload)
    carry(hub, county)
    county.pass_all()
    (settled,) = county.settled()
    assert (settled.letter_id, settled.settlement, settled.by) == (letter.id, messages_pb2.SETTLEMENT_DELIVERED, HUB)
    assert (settled.type, settled.destination) == ("crossing.submitted", HUB)
    assert envelopes(hub, county)[-1].letter.type == "relay.receipt"
    assert outgoing_head(county.desk, county.link_to(HUB)).sequence == 1, "a receipt is never answered"


def test_letters_keep_their_order(county: Office, hub: Office) -> None:
    send(county, *(county.letter(HUB, bytes([number])) for number in range(150)))
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [bytes([number]) for number in range(150)]


def test_a_letter_that_is_posted_again_keeps_its_one_place(county: Office, hub: Office) -> None:
    one, other = county.letter(HUB, b"1"), county.letter(HUB, b"2")
    first = post(desk=county.desk, call=county.now, letter=one)
    assert post_all(desk=county.desk, call=county.now, letters=[other, one, other])[1] == first
    assert outgoing_head(county.desk, county.link_to(HUB)).sequence == 2


def test_what_comes_again_has_no_second_effect(county: Office, hub: Office) -> None:
    send(county, *(county.letter(HUB, bytes([number])) for number in range(3)))
    link = hub.link_to(COUNTY)
    for batch in (slice(0, 1), slice(0, 3), slice(1, 2), slice(0, 3)):
        receive(hub.desk, hub.now, link, envelopes(county, hub)[batch])
        hub.pass_all()
    assert payloads(hub) == [b"\0", b"\1", b"\2"]
    assert incoming_head(hub.desk, link) == outgoing_head(county.desk, county.link_to(HUB))


def test_a_gap_is_told_and_what_came_before_it_is_kept(county: Office, hub: Office) -> None:
    send(county, *(county.letter(HUB, bytes([number])) for number in range(4)))
    link = hub.link_to(COUNTY)
    one, _, three, _ = envelopes(county, hub)
    with pytest.raises(Gap) as gap:
        receive(hub.desk, hub.now, link, [one, three])
    assert gap.value.head.sequence == incoming_head(hub.desk, link).sequence == 1


def test_bundles_may_be_imported_in_any_order_and_again(county: Office, hub: Office) -> None:
    send(county, *(county.letter(HUB, bytes([number])) for number in range(9)))
    all_, link = envelopes(county, hub), hub.link_to(COUNTY)
    for part in (all_[6:], all_[3:6], all_[6:], all_[:3], all_):
        import_envelopes(hub.desk, hub.now, link, part)
    hub.pass_all()
    assert payloads(hub) == [bytes([number]) for number in range(9)]
    assert incoming_head(hub.desk, link) == outgoing_head(county.desk, county.link_to(HUB))


# ── Through a hub ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hub_hands_on_what_is_not_for_it(county: Office, hub: Office) -> None:
    town, partner = office(TOWN, seed=3), office(PARTNER, seed=4)
    join(town, county, Direction.PARENT, 2)
    join(hub, partner, Direction.PARTNER, 3)
    hub.desk.routes.create(Route("610902*", hub.link_to(COUNTY).id), [], hub.now)
    county.desk.routes.create(Route(f"{TOWN[:9]}*", county.link_to(TOWN).id), [], county.now)
    partner.desk.routes.create(Route("61*", partner.link_to(HUB).id), [], partner.now)
    letter = town.letter(PARTNER, b"from far away")
    send(town, letter)
    way = [town, county, hub, partner]
    for one, other in pairwise(way):
        carry(one, other)
        other.pass_all()
    (arrived,) = partner.arrived()
    assert (arrived.letter.origin, arrived.letter.payload) == (TOWN, b"from far away")
    assert not hub.arrived()
    for one, other in pairwise(way[::-1]):
        carry(one, other)
        other.pass_all()
    (settled,) = town.settled()
    assert (settled.letter_id, settled.by) == (letter.id, PARTNER)


def test_a_letter_without_a_way_is_set_aside_and_its_origin_told(county: Office, hub: Office) -> None:
    letter = county.letter(PARTNER)
    send(county, letter, county.letter(HUB, b"next"))
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"next"], "one letter doesn't hold the rest"
    entry = hub.desk.register.get(letter.id)
    assert (entry.state, entry.code, entry.waits) == (Settlement.SET_ASIDE, "no_route", True)
    assert [each.id for each in hub.desk.register.find("by_standing", standing="set_aside").items] == [letter.id]
    carry(hub, county)
    county.pass_all()
    told = {each.letter_id: (each.settlement, each.code, each.by) for each in county.settled()}
    assert told[letter.id] == (messages_pb2.SETTLEMENT_SET_ASIDE, "no_route", HUB)


def test_a_letter_that_came_over_two_links_is_told_once(county: Office, hub: Office) -> None:
    town = office(TOWN, seed=3)
    join(town, county, Direction.PARENT, 2)
    join(town, hub, Direction.PARTNER, 3)
    letter = town.letter(HUB, b"once")
    send(town, letter)
    carry(town, hub)
    town.links.all.pop(town.link_to(HUB).id)
    send(town, letter)
    carry(town, county)
    county.pass_all()
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"once"]


# ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_waits_for_its_files_with_those_of_its_journey_and_the_others_go_on(
    county: Office, hub: Office
) -> None:
    file = Attachment("a" * 64, 10, "application/pdf", "身份证.pdf")
    hub.files.states[file.sha256] = FileState.WANTED
    send(
        county,
        county.letter(HUB, b"with a file", attachments=(file,)),
        county.letter(HUB, b"behind it"),
        county.letter(HUB, b"another journey", journey="j-2"),
    )
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"another journey"]
    hub.files.states[file.sha256] = FileState.COMPLETE
    hub.pass_all()
    assert payloads(hub) == [b"another journey", b"with a file", b"behind it"]
    assert hub.desk.channel(hub.link_to(COUNTY)).waiting == ()


def test_a_letter_whose_file_cannot_be_had_is_set_aside(county: Office, hub: Office) -> None:
    file = Attachment("a" * 64, 10, "application/pdf", "身份证.pdf")
    hub.files.states[file.sha256] = FileState.REFUSED
    letter = county.letter(HUB, attachments=(file,))
    send(county, letter, county.letter(HUB, b"next"))
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"next"]
    assert hub.desk.register.get(letter.id).code == "attachment_damaged"


def test_an_expired_letter_is_not_delivered(county: Office, hub: Office) -> None:
    letter = county.letter(HUB, expires_at=county.clock.now() + timedelta(hours=1))
    send(county, letter)
    hub.clock.advance(timedelta(hours=1))
    carry(county, hub)
    hub.pass_all()
    assert not hub.arrived()
    carry(hub, county)
    county.pass_all()
    assert [each.settlement for each in county.settled()] == [messages_pb2.SETTLEMENT_EXPIRED]


# ── Receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_read_and_acted_on_are_told_to_the_origin_once(county: Office, hub: Office) -> None:
    letter = county.letter(HUB)
    send(county, letter)
    carry(county, hub)
    hub.pass_all()
    for settlement in (Settlement.READ, Settlement.READ, Settlement.ACTED_ON):
        settle_letter(desk=hub.desk, call=hub.now, letter_id=letter.id, settlement=settlement)
    carry(hub, county)
    county.pass_all()
    assert [each.settlement for each in county.settled()] == [
        messages_pb2.SETTLEMENT_DELIVERED,
        messages_pb2.SETTLEMENT_READ,
        messages_pb2.SETTLEMENT_ACTED_ON,
    ]
    assert county.desk.register.get(letter.id).state is Settlement.ACTED_ON
    assert hub.desk.register.get(letter.id).state is Settlement.ACTED_ON


def test_only_the_destination_says_that_a_letter_was_delivered(county: Office, hub: Office) -> None:
    partner = office(PARTNER, seed=4)
    join(partner, county, Direction.PARTNER, 2)
    letter = county.letter(HUB)
    send(county, letter)
    receipt = messages_pb2.Receipt(letter_id=letter.id, settlement=messages_pb2.SETTLEMENT_ACTED_ON)
    send(partner, partner.letter(COUNTY, receipt.SerializeToString(), type="relay.receipt"))
    carry(partner, county)
    county.pass_all()
    assert not county.settled()
    (aside,) = county.desk.register.find("by_standing", standing="set_aside").items
    assert aside.code == "receipt_not_theirs"


@pytest.mark.parametrize("payload", [b"\xff\xff", b"", messages_pb2.Receipt(letter_id="x").SerializeToString()])
def test_a_receipt_that_cannot_be_read_is_set_aside(county: Office, hub: Office, payload: bytes) -> None:
    send(county, county.letter(HUB, payload, type="relay.receipt"), county.letter(HUB, b"next"))
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"next"]
    (aside,) = hub.desk.register.find("by_standing", standing="set_aside").items
    assert aside.code == "payload_undecodable"
