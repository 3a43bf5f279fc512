"""What is wrong is refused with its code and changes nothing; what contradicts itself stops the link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.errors import Forbidden, Invalid, TongbanError
from services.relay.domain.chain import Fork
from services.relay.domain.channel import LinkStopped
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.letter import Attachment
from services.relay.domain.limits import Limits
from services.relay.domain.link import LinkState
from services.relay.handlers.incoming import incoming_head, receive
from services.relay.handlers.outgoing import acknowledged, next_envelopes, outgoing_head, post
from services.relay.tests.carrying import carry, envelopes, payloads, send
from services.relay.tests.world import COUNTY, HUB, PARTNER, TOWN, Office, office
from tongban.relay.v1 import messages_pb2

# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"destination": COUNTY}, "letter_malformed"),
        ({"type": "Wrong Type"}, "letter_malformed"),
        ({"payload": b"x" * (512 * 1024 + 1)}, "letter_malformed"),
        ({"id": "not-a-uuid"}, "letter_malformed"),
        ({"expires_at": None, "attachments": (Attachment("A", 1, "", ""),)}, "attachment_malformed"),
    ],
)
def test_what_cannot_be_posted_is_refused_and_its_poster_told(
    county: Office, hub: Office, changes: dict[str, object], code: str
) -> None:
    letter = county.letter(HUB)
    assert post(desk=county.desk, call=county.now, letter=replace(letter, **changes)).sequence == 0  # type: ignore[arg-type]
    (settled,) = county.settled()
    assert (settled.settlement, settled.code, settled.by) == (messages_pb2.SETTLEMENT_REFUSED, code, COUNTY)
    assert outgoing_head(county.desk, county.link_to(HUB)).sequence == 0


def test_a_letter_that_the_other_end_does_not_take_is_refused_before_it_leaves(county: Office, hub: Office) -> None:
    link = county.link_to(HUB)
    county.links.all[link.id] = replace(link, peer_limits=Limits(letter_types=("urging.*",)))
    post(desk=county.desk, call=county.now, letter=county.letter(HUB))
    assert [each.code for each in county.settled()] == ["letter_type_not_allowed"]


def test_a_letter_that_is_not_allowed_on_the_link_is_set_aside(county: Office, hub: Office) -> None:
    link = hub.link_to(COUNTY)
    hub.links.all[link.id] = replace(link, limits=Limits(letter_types=("urging.*",)))
    letter = county.letter(HUB)
    send(county, letter, county.letter(HUB, b"next", type="urging.sent"))
    carry(county, hub)
    hub.pass_all()
    assert payloads(hub) == [b"next"]
    assert hub.desk.register.get(letter.id).code == "letter_type_not_allowed"


def test_a_site_without_an_identity_posts_nothing(hub: Office) -> None:
    nobody = office("local")
    with pytest.raises(Invalid) as refused:
        post(desk=nobody.desk, call=nobody.now, letter=nobody.letter(HUB))
    assert refused.value.code == "site_has_no_identity"


Lie = Callable[[Office, Envelope], Envelope]


def _resigned(liar: Office, envelope: Envelope) -> Envelope:
    return replace(envelope, signature=liar.keys.sign(envelope.key_id, envelope.canonical()))


LIES: dict[str, tuple[Lie, str]] = {
    "a changed payload": (lambda _, e: replace(e, letter=replace(e.letter, payload=b"forged")), "signature_wrong"),
    "a wrong signature": (lambda _, e: replace(e, signature=bytes(32)), "signature_wrong"),
    "a stranger's key": (lambda _, e: replace(e, signature=office(PARTNER).keys.sign(e.key_id, e.canonical())), "signature_wrong"),
    "another link": (lambda c, e: _resigned(c, replace(e, link="0" * 36)), "envelope_of_another_link"),
    "another site's name": (lambda c, e: _resigned(c, replace(e, from_site=TOWN)), "envelope_of_another_link"),
    "no number": (lambda c, e: _resigned(c, replace(e, sequence=0)), "envelope_malformed"),
    "half a digest": (lambda c, e: _resigned(c, replace(e, previous=bytes(5))), "envelope_malformed"),
    "a letter too large": (
        lambda c, e: _resigned(c, replace(e, letter=replace(e.letter, payload=bytes(600 * 1024)))),
        "letter_malformed",
    ),
    "no signature of the letter": (
        lambda c, e: _resigned(c, replace(e, letter=replace(e.letter, signature=b""))),
        "envelope_malformed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES)
def test_a_lie_is_refused_with_its_code_and_changes_nothing(county: Office, hub: Office, lie: Lie, code: str) -> None:
    send(county, county.letter(HUB, b"true"))
    (true,) = envelopes(county, hub)
    link = hub.link_to(COUNTY)
    with pytest.raises(TongbanError) as refused:
        receive(hub.desk, hub.now, link, [lie(county, true)])
    assert refused.value.code == code
    assert incoming_head(hub.desk, link) == Head()
    assert hub.desk.channel(link).stops == ()
    receive(hub.desk, hub.now, link, [true])
    hub.pass_all()
    assert payloads(hub) == [b"true"]


def test_a_letter_with_a_forged_origin_is_set_aside_and_the_link_goes_on(county: Office, hub: Office) -> None:
    send(county, county.letter(HUB, b"true"), county.letter(HUB, b"next"))
    true, following = envelopes(county, hub)
    link = hub.link_to(COUNTY)
    forged = _resigned(county, replace(true, letter=replace(true.letter, origin=PARTNER)))
    receive(hub.desk, hub.now, link, [forged])
    following = _resigned(county, replace(following, previous=forged.head().digest))
    receive(hub.desk, hub.now, link, [following])
    hub.pass_all()
    assert payloads(hub) == [b"next"]
    assert hub.desk.register.get(true.letter.id).code == "signature_wrong"


def test_nothing_is_taken_over_a_link_that_is_not_active(county: Office, hub: Office) -> None:
    send(county, county.letter(HUB))
    sent, link = envelopes(county, hub), hub.link_to(COUNTY)
    hub.links.all[link.id] = replace(link, state=LinkState.SUSPENDED)
    with pytest.raises(Forbidden):
        receive(hub.desk, hub.now, hub.link_to(COUNTY), sent)
    assert incoming_head(hub.desk, link) == Head()


def test_a_letter_for_a_suspended_link_waits_in_its_lane(county: Office, hub: Office) -> None:
    link = county.link_to(HUB)
    county.links.all[link.id] = replace(link, state=LinkState.SUSPENDED)
    assert post(desk=county.desk, call=county.now, letter=county.letter(HUB)).sequence == 1
    with pytest.raises(Forbidden):
        next_envelopes(county.desk, county.link_to(HUB), 0, 10, 1000)


# ── Forked ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_letter_under_a_number_that_is_here_stops_the_link(county: Office, hub: Office) -> None:
    send(county, county.letter(HUB, b"one"), county.letter(HUB, b"two"))
    one, two = envelopes(county, hub)
    link = hub.link_to(COUNTY)
    receive(hub.desk, hub.now, link, [one])
    other = _resigned(county, replace(one, letter=replace(one.letter, payload=b"other")))
    with pytest.raises(Fork):
        receive(hub.desk, hub.now, link, [other])
    stop = hub.desk.channel(link).stop_of(Way.IN)
    assert stop is not None
    assert (stop.sequence, stop.ours, stop.theirs) == (1, one.head().digest.hex(), other.head().digest.hex())
    with pytest.raises(LinkStopped):
        receive(hub.desk, hub.now, link, [two])
    hub.pass_all()
    assert payloads(hub) == [b"one"], "what came before it goes on"


def test_a_digest_that_does_not_follow_stops_the_link(county: Office, hub: Office) -> None:
    send(county, county.letter(HUB, b"one"), county.letter(HUB, b"two"))
    one, two = envelopes(county, hub)
    link = hub.link_to(COUNTY)
    with pytest.raises(Fork):
        receive(hub.desk, hub.now, link, [one, _resigned(county, replace(two, previous=bytes(32)))])
    assert incoming_head(hub.desk, link).sequence == 1


def test_a_stranger_cannot_make_a_link_stop(county: Office, hub: Office) -> None:
    send(county, county.letter(HUB, b"one"))
    (one,) = envelopes(county, hub)
    link = hub.link_to(COUNTY)
    receive(hub.desk, hub.now, link, [one])
    with pytest.raises(Forbidden):
        receive(hub.desk, hub.now, link, [replace(one, letter=replace(one.letter, payload=b"other"))])
    assert hub.desk.channel(link).stops == ()


def test_an_acknowledgement_of_what_was_never_sent_stops_the_link_and_letters_are_held(
    county: Office, hub: Office
) -> None:
    send(county, county.letter(HUB, b"one"))
    link = county.link_to(HUB)
    assert not acknowledged(county.desk, county.now, link, Head(5, b"x" * 32))
    with pytest.raises(LinkStopped):
        next_envelopes(county.desk, link, 0, 10, 1000)
    assert post(desk=county.desk, call=county.now, letter=county.letter(HUB, b"two")).sequence == 0
    assert outgoing_head(county.desk, link).sequence == 1
