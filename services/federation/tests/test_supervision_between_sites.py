"""Rules of supervision go down from site to site, and only a site above sets any (rules G02)."""

from dataclasses import replace
from pathlib import Path

import pytest

from kit.consumer import Delivery
from kit.errors import Forbidden, Invalid
from kit.events import Event, event_type
from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from services.federation.domain.standards import Standard, StandardKind, standard_id
from services.federation.events import supervising
from services.federation.handlers import standards
from services.federation.protos.by_name import message_of
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, TOWN, Joined, again_when_overtaken, incoming
from tongban.federation.v1 import standards_pb2
from tongban.supervision.v1 import events_pb2, messages_pb2, rules_pb2

ID = standard_id(CITY, StandardKind.SUPERVISION, "610900")
PROVINCE = "610000.province"


@pytest.fixture(params=[1, 3], ids=["once", "three times"])
def joined(tmp_path: Path, request: pytest.FixtureRequest) -> Joined:
    joined = Joined(tmp_path, TOWN, COUNTY, CITY, PARTNER)
    joined.again = request.param
    return joined


def edition(number: int = 1, red_points: int = 4) -> rules_pb2.SupervisionRules:
    promise = rules_pb2.SupervisionRule(
        trigger=messages_pb2.CARD_TRIGGER_PROMISE, number="JC-02", on=True, red_points=red_points, open_below=True
    )
    late = rules_pb2.SupervisionRule(trigger=messages_pb2.CARD_TRIGGER_LAW, number="JC-03", on=True)
    return rules_pb2.SupervisionRules(
        center_id="610900", number=number, rules=[promise, late], reason="全市统一", set_by_name="安监察", below=True,
        effective_from=to_timestamp(MONDAY), set_at=to_timestamp(MONDAY),
    )  # fmt: skip


def supervision_sets(
    joined: Joined, rules: rules_pb2.SupervisionRules, bound: tuple[str, ...] = (COUNTY,), left: tuple[str, ...] = ()
) -> None:
    """The city's supervision tells of an edition, as often as events come; its letters arrive."""
    said = events_pb2.SupervisionRulesSet(rules=rules, bound_sites=bound, left_sites=left)
    event = Event(
        id=f"edition-{rules.number}", type=event_type("supervision", "SupervisionRulesSet"), source="city/supervision",
        subject="610900", journey="", at=MONDAY, data=said.SerializeToString(),
    )  # fmt: skip
    subscription = supervising.subscription(joined[CITY].room)
    for _ in range(joined.again):
        delivery = Delivery(event, subscription.group, joined.system())
        again_when_overtaken(lambda delivery=delivery: subscription.handlers[event.type](delivery))  # type: ignore[misc]
    joined.settle()


def held(joined: Joined, site: str = COUNTY) -> Standard:
    return joined[site].room.standards.get(ID)


def test_an_edition_reaches_the_sites_that_it_is_for_with_all_that_it_says(joined: Joined) -> None:
    supervision_sets(joined, edition())
    there = held(joined)
    assert (there.kind, there.number, there.received_from, there.withdrawn) == ("supervision", 1, CITY, False)
    assert (there.open, there.effective_from) == (("JC-02",), MONDAY)
    assert (there.content["JC-02"]["red_points"], there.content["reason"]) == (4, "全市统一")
    assert joined[CITY].told_types().count("standard_issued") == 1
    assert joined[COUNTY].told_types().count("standard_received") == 1
    assert joined[TOWN].room.standards.find_by_id(ID) is None


def test_the_next_edition_replaces_it_and_an_older_one_that_comes_late_does_not(joined: Joined) -> None:
    supervision_sets(joined, edition(2, red_points=6))
    supervision_sets(joined, edition(1))
    assert (held(joined).number, held(joined).content["JC-02"]["red_points"]) == (2, 6)


def test_a_site_that_it_no_longer_binds_is_told_so_and_the_others_keep_it(joined: Joined) -> None:
    supervision_sets(joined, edition(), bound=(COUNTY, TOWN))
    supervision_sets(joined, edition(2), bound=(COUNTY,), left=(TOWN,))
    assert (held(joined, COUNTY).withdrawn, held(joined, TOWN).withdrawn) == (False, True)
    supervision_sets(joined, edition(3), bound=(), left=(COUNTY,))
    assert held(joined, COUNTY).withdrawn


def test_rules_that_are_for_this_site_alone_tell_nobody(joined: Joined) -> None:
    supervision_sets(joined, edition(), bound=())
    assert not joined[CITY].told
    assert joined[CITY].room.standards.find_by_id(ID) is None


def test_a_site_that_is_not_below_gets_none(joined: Joined) -> None:
    with pytest.raises(Invalid, match="site_not_below"):
        supervision_sets(joined, edition(), bound=(PARTNER,))


def told_by(joined: Joined, origin: str, id: str = "") -> None:
    """A site claims to supervise the county."""
    said = replace(held(joined, CITY), id=id or standard_id(origin, StandardKind.SUPERVISION, "x"), key="x", number=9)
    if not id:
        said = replace(said, issued_by=origin)
    payload = standards_pb2.StandardTold(standard=message_of(said, standards_pb2.Standard())).SerializeToString()
    joined.word(origin, COUNTY, incoming(f"forged-{origin}-{id}", origin, "standard.told", payload))


def refusals(joined: Joined) -> list[str]:
    return [each.code for each in joined.refused(COUNTY)]


def test_nobody_but_a_site_above_sets_any(joined: Joined) -> None:
    supervision_sets(joined, edition())
    for origin in (PARTNER, TOWN):
        told_by(joined, origin)
    assert refusals(joined) == ["not_the_parent", "not_the_parent"]
    told_by(joined, PARTNER, id=ID)
    assert sorted(refusals(joined)) == ["not_the_parent", "not_the_parent", "standard_misnamed"]
    assert held(joined).number == 1
    assert joined[COUNTY].told_types().count("standard_received") == 1


def test_a_second_site_above_waits_until_the_first_lets_go(joined: Joined) -> None:
    supervision_sets(joined, edition())
    told_by(joined, PROVINCE)
    assert refusals(joined) == ["supervised_by_another"]
    supervision_sets(joined, edition(2), bound=(), left=(COUNTY,))
    told_by(joined, PROVINCE + "-2")
    assert refusals(joined) == ["supervised_by_another"], "no further one"


def test_a_site_that_names_its_parent_takes_them_from_nobody_else(tmp_path: Path) -> None:
    policy: dict[str, dict[str, object]] = {COUNTY: {"parent_site": CITY}}
    joined = Joined(tmp_path, COUNTY, CITY, policy=policy)
    joined.again = 1
    told_by_province = Standard(
        standard_id(PROVINCE, StandardKind.SUPERVISION, "610000"), StandardKind.SUPERVISION, "610000", "监察规则",
        PROVINCE, 1, {"reason": "全省统一"}, MONDAY, MONDAY,
    )  # fmt: skip
    said = standards_pb2.StandardTold(standard=message_of(told_by_province, standards_pb2.Standard()))
    joined.word(PROVINCE, COUNTY, incoming("province", PROVINCE, "standard.told", said.SerializeToString()))
    assert refusals(joined) == ["not_the_parent"]
    supervision_sets(joined, edition())
    assert held(joined).number == 1


def test_managers_neither_issue_nor_fill_in_what_is_supervisions(joined: Joined) -> None:
    supervision_sets(joined, edition())
    fresh = Standard("", StandardKind.SUPERVISION, "610900", "监察规则", "", 0, {"JC-02": {}}, MONDAY, MONDAY)
    with pytest.raises(Forbidden, match="set_by_supervision"):
        standards.issue_standard(
            room=joined[CITY].room, call=joined.call(CITY), fresh=fresh, sites=[COUNTY], expected_version=0
        )
    with pytest.raises(Forbidden, match="set_by_supervision"):
        standards.localise_standard(
            room=joined[COUNTY].room, call=joined.call(COUNTY), id=ID, local={"JC-02": {}}, sites=[], expected_version=0
        )
    assert held(joined).number == 1
