"""What came from another site, put where relay tells of it, so that the pages of what crosses have something to show."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from cli.demo.desk import SAMPLE_PDF
from cli.site import Site
from kit.bus.sqlite import SqliteBus
from kit.clock import from_ms, to_ms
from kit.events import Event, event_type, topic_of
from kit.ids import Ids
from kit.timestamps import to_timestamp
from tests.e2e.running_site import CENTER, RunningSite, until
from tongban.federation.v1 import letters_pb2, messages_pb2
from tongban.relay.v1 import events_pb2
from tongban.relay.v1 import messages_pb2 as relay

#: Nobody has this site; the one here has no identity.
ELSEWHERE, HERE = "511602.yangli", "local"


def collect_something(site: RunningSite, applicant: dict[str, str]) -> dict[str, Any]:
    """An agreement that another site proposed and we confirmed, and an application that is being collected under it."""
    now, ids = from_ms(to_ms(datetime.now(UTC))), Ids()
    agreement, edition, letter = (ids.new_id(now) for _ in range(3))
    said = letters_pb2.AgreementProposal(
        agreement_id=agreement,
        edition_id=edition,
        terms=_terms(),
        proposed_by_name="样办理",
        proposed_at=to_timestamp(now),
    )
    arrived = events_pb2.LetterArrived(
        letter=relay.Letter(
            id=letter,
            origin=ELSEWHERE,
            destination=HERE,
            type="agreement.proposed",
            type_version=1,
            journey=agreement,
            created_at=to_timestamp(now),
            payload=said.SerializeToString(),
        ),
        received_at=to_timestamp(now),
    )
    _tell(site, Event(letter, event_type("relay", "LetterArrived"), "local/relay", agreement, agreement, now,
                      arrived.SerializeToString()))  # fmt: skip
    manager, clerk = site.person("hb-manager-01"), site.person("hb-clerk-07")
    until(partial(manager.find, f"/agreements/{agreement}"), "the proposal")
    manager.post(f"/agreements/{agreement}/answer", edition_id=edition, confirmed=True)
    opened: dict[str, Any] = clerk.post(
        f"/centers/{CENTER}/crossings",
        agreement_id=agreement,
        applicant=applicant,
        identity_note="居民身份证原件",
        delivery="window",
    )
    files = {"file": ("申请书.pdf", SAMPLE_PDF, "application/pdf")}
    clerk.client.post(f"/crossings/{opened['id']}/materials/form/scans", files=files).raise_for_status()
    return {"agreement_id": agreement, "crossing_id": opened["id"], "crossing": opened["code"]}


def _tell(site: RunningSite, event: Event) -> None:
    files = Site.at(site.data)
    bus = SqliteBus(files.bus_file, files.run_dir)
    try:
        bus.publish(topic_of("relay"), [event])
    finally:
        bus.close()


def _terms() -> messages_pb2.Terms:
    return messages_pb2.Terms(
        handling_site=ELSEWHERE,
        handling_center_id="511602",
        handling_center_name="样例区政务服务中心",
        collecting_site=HERE,
        collecting_center_id=CENTER,
        collecting_center_name="汉滨区政务服务中心",
        item_id="item-elsewhere",
        item_name="食品经营许可（新办）",
        modes=[messages_pb2.MODE_COLLECT_FOR, messages_pb2.MODE_FULLY_ONLINE],
        handling_unit="样例区市场监管局",
        materials=[
            messages_pb2.AgreedMaterial(key="form", name="申请书", main=True, form="original", standard="A4，本人签字"),
            messages_pb2.AgreedMaterial(key="plan", name="平面图", form="copy"),
        ],
        deliveries=["window", "post", "electronic"],
        days=messages_pb2.SegmentDays(collection=1, transit=1, hand_back=3),
        handling_contact=messages_pb2.Contact(name="样办理", phone="0826-0000001"),
        collecting_contact=messages_pb2.Contact(name="样代收", phone="0915-0000001"),
        effective_from="2026-01-01",
    )
