"""Sites are shown by their names and chosen from those that are linked; another one may still be typed."""

from __future__ import annotations

import pytest

from gateway.auth import CSRF_FIELD
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Unavailable
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as parts
from tongban.relay.v1 import links_pb2, site_pb2

CITY, OURS, TOWN, FAR = "610900.ankang", "610902.hanbin", "610902109.hengkou", "511602.guangan"
NEIGHBOURS = [
    links_pb2.Neighbour(site=OURS, name="汉滨区政务服务中心"),
    links_pb2.Neighbour(site=CITY, name="安康市政务服务中心", direction=site_pb2.DIRECTION_PARENT),
    links_pb2.Neighbour(site=TOWN, name="恒口镇便民中心", direction=site_pb2.DIRECTION_CHILD),
    links_pb2.Neighbour(site=FAR, name="广安区政务大厅"),
]


@pytest.fixture(autouse=True)
def named(site: FakeSite) -> None:
    site.answers("ListNeighbours", links_pb2.ListNeighboursResponse(sites=NEIGHBOURS))


def part(state: parts.PartState.ValueType, **changes: object) -> parts.Part:
    ours = parts.Place(site=OURS, center_id="610902")
    given = {"id": "p-1", "kind": parts.PART_KIND_SENT_UP, "title": "消防核查", "asked_by": ours, "version": 3}
    return parts.Part(state=state, **{**given, **changes})  # type: ignore[arg-type]


def shows(site: FakeSite, it: parts.Part) -> None:
    site.answers("GetPart", requests.GetPartResponse(part=it))


def test_a_parts_sides_are_named(visitor: Visitor, site: FakeSite) -> None:
    handled = parts.Place(site=CITY, center_id="610900")
    owner = parts.Ownership(owner=FAR)
    shows(site, part(parts.PART_STATE_HANDLING, handled_at=handled, ownership=owner))
    visitor.sign_in("chief")
    _, text = visitor.get("/cooperation/parts/p-1")
    for said in (f"汉滨区政务服务中心（{OURS}）", f"安康市政务服务中心（{CITY}）", f"广安区政务大厅（{FAR}）"):
        assert said in text
    assert FAR in site.asked_of("ListNeighbours")[-1].request.also, "it is no neighbour, so its name is asked for"


def test_who_sends_up_chooses_among_the_levels_above(visitor: Visitor, site: FakeSite) -> None:
    shows(site, part(parts.PART_STATE_REVIEWING))
    visitor.sign_in("chief")
    _, text = visitor.get("/cooperation/parts/p-1")
    assert f'<option value="{CITY}" selected>安康市政务服务中心（{CITY}）</option>' in text, "there is one"
    assert f'<option value="{TOWN}"' not in text
    sent = {"center_id": "610900", "opinion": "齐全", "version": "3"}
    assert visitor.post("/cooperation/parts/p-1/send-up", site=CITY, **sent)[0] == 303
    assert (
        visitor.post("/cooperation/parts/p-1/send-up", site=CITY, **{"site-other": "610000.shaanxi"}, **sent)[0] == 303
    )
    assert [each.request.place.site for each in site.asked_of("SendUp")] == [CITY, "610000.shaanxi"]


def test_a_site_that_was_chosen_before_and_is_not_linked_stays_chosen(visitor: Visitor, site: FakeSite) -> None:
    shows(site, part(parts.PART_STATE_RETURNED, handled_at=parts.Place(site=FAR, center_id="511602")))
    visitor.sign_in("chief")
    _, text = visitor.get("/cooperation/parts/p-1")
    assert f'<option value="{FAR}" selected>' in text
    assert f'<option value="{TOWN}">恒口镇便民中心（{TOWN}）</option>' in text


def test_standards_go_down_to_the_sites_that_are_ticked_and_typed(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    _, text = visitor.get("/cooperation/standards/new?kind=policy")
    assert f'name="below" value="{TOWN}"' in text
    assert f'value="{CITY}"' not in text
    fields = {"kind": "policy", "key": "k", "title": "标准", "content": "a=1", "open": "", "version": ""}
    data = {CSRF_FIELD: visitor.csrf, **fields, "below": [TOWN], "sites": "610902110.dahe"}
    assert visitor.client.post("/cooperation/standards/new", data=data).status_code == 303
    assert list(site.asked_of("IssueStandard")[0].request.sites) == [TOWN, "610902110.dahe"]


def test_an_agreement_is_proposed_from_this_site_to_one_that_is_linked(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    _, text = visitor.get("/manage/agreements/new?side=collecting")
    assert f'<input type="hidden" name="our_site" value="{OURS}">' in text
    assert f'<option value="{CITY}">' in text


def test_without_relay_ids_stand_for_themselves_and_are_typed(visitor: Visitor, site: FakeSite) -> None:
    site.answers("ListNeighbours", Unavailable("service_unavailable", "服务暂不可用。"))
    shows(site, part(parts.PART_STATE_REVIEWING))
    visitor.sign_in("chief", "manager")
    status, text = visitor.get("/cooperation/parts/p-1")
    assert status == 200
    assert f"<dd>{OURS}" in text
    assert '<input id="site" name="site"' in text
    assert '<input id="our_site"' in visitor.get("/manage/agreements/new?side=collecting")[1]
