"""What a card is about is one step away: for a crossing's segment its desk, or its journey for whoever has no such desk."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.supervision.v1 import messages_pb2 as supervision
from tongban.supervision.v1 import service_pb2 as supervision_rpc

CROSSING = "0193a7f0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("role", "link"), [("chief", f"/collecting/{CROSSING}"), ("supervisor", "/journeys/j-1")], ids=["desk", "journey"]
)
@pytest.mark.parametrize("kind", ["collection", "hand_back"])
def test_the_card_of_a_segment_leads_to_its_crossing(
    visitor: Visitor, site: FakeSite, role: str, link: str, kind: str
) -> None:
    visitor.sign_in(role)
    card = supervision.Card(
        id="k-1",
        subject_kind="segment",
        subject_id=f"{CROSSING}-2-{kind}",
        subject_number="D-7",
        title="跨域办件代收",
        colour=supervision.CARD_COLOUR_YELLOW,
        state=supervision.CARD_STATE_ACTIVE,
        journey="j-1",
    )
    site.answers("GetCard", supervision_rpc.GetCardResponse(card=card))
    assert f'href="{link}">D-7</a>' in visitor.get("/supervision/cards/k-1")[1]
