"""What came from another site, put where relay tells of it, so that the pages of what crosses have something to show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from cli.demo.desk import SAMPLE_PDF
from cli.site import Site
from kit.bus.sqlite import SqliteBus
from kit.clock import from_ms, to_ms
from kit.events import Event, event_type, topic_of
from kit.ids import Ids
from kit.timestamps import to_timestamp
from tests.e2e.running_site import CENTER, RunningSite, until
from tongban.federation.v1 import figures_pb2, letters_pb2, messages_pb2, parts_pb2, standards_pb2, urging_pb2
from tongban.relay.v1 import events_pb2
from tongban.relay.v1 import messages_pb2 as relay

#: Nobody has this site; the one here has no identity.
ELSEWHERE, HERE = "511602.yangli", "local"


#: Above and below it, as the divisions that site ids begin with have it: whatever "local" begins with, and what begins
#: with "local".
ABOVE, BELOW = "loc.above", "localtown.below"


def collect_something(site: RunningSite, applicant: dict[str, str]) -> dict[str, Any]:
    """An agreement that another site proposed and we confirmed, and an application that is being collected under it."""
    agreement, edition = propose(site)
    manager, clerk = site.person("hb-manager-01"), site.person("hb-clerk-07")
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
    online = site.citizen(applicant).post(
        f"/centers/{CENTER}/crossings",
        agreement_id=agreement,
        mode="fully_online",
        applicant=applicant,
        delivery="electronic",
    )
    return {
        "agreement_id": agreement,
        "crossing_id": opened["id"],
        "crossing": opened["code"],
        "online": online["code"],
    }


def propose(site: RunningSite, agreement: str = "", **changed: Any) -> tuple[str, str]:
    """An edition that the other site proposes, of a new agreement or of this one; the ids of both."""
    edition = _new_id()
    said = letters_pb2.AgreementProposal(
        agreement_id=agreement or _new_id(),
        edition_id=edition,
        terms=_terms(**changed),
        proposed_by_name="样办理",
        proposed_at=to_timestamp(_now()),
    )
    write(site, ELSEWHERE, "agreement.proposed", said.agreement_id, said)
    manager = site.person("hb-manager-01")

    def there() -> bool:
        found = manager.find(f"/agreements/{said.agreement_id}")
        return found is not None and edition in [each["id"] for each in found["editions"]]

    until(there, "the proposal")
    return said.agreement_id, edition


def cooperate(site: RunningSite) -> dict[str, Any]:
    """What sites handle together: a joint case led here, and what others want, say, set and report."""
    chief, root = site.person("hb-chief-21"), site.person("ak-manager-01")
    joint = chief.post(
        "/joints",
        center_id=CENTER,
        case_id="joint-case",
        number="LB610902-000001",
        item_name="开办餐馆",
        journey="joint-visit",
        applicant={"name": "例知远"},
        days=10,
        parts=[{"title": "消防核查", "place": {"site": ELSEWHERE, "center_id": "511602"}, "days": 5}],
    )
    here, there = parts_pb2.Place(site=HERE, center_id=CENTER), parts_pb2.Place(site=ELSEWHERE, center_id="511602")
    asked = urging_pb2.Urging(
        id=_new_id(),
        kind=urging_pb2.URGING_KIND_URGE,
        title="食品经营许可：转递材料",
        asked_by=there,
        asked_of=here,
        state=urging_pb2.URGING_STATE_ASKED,
        turns=[urging_pb2.Turn(text="请尽快寄出结果。", by="样催办", at=to_timestamp(_now()))],
        round=1,
    )
    write(site, ELSEWHERE, "urging.told", asked.id, urging_pb2.UrgingTold(urging=asked))
    said = urging_pb2.Feedback(
        id=_new_id(),
        kind=urging_pb2.FEEDBACK_KIND_EVALUATION,
        item_name="出版物零售经营许可",
        given_at=there,
        concerns=here,
        said_at=to_timestamp(_now()),
        state=urging_pb2.FEEDBACK_STATE_FORWARDED,
        level=4,
        text="结果寄得太慢。",
        named=True,
        contact="15400000009",
    )
    write(site, ELSEWHERE, "feedback.forwarded", said.id, urging_pb2.FeedbackTold(feedback=said))
    standard = standards_pb2.Standard(
        id=f"{ABOVE}:policy:reply",
        kind=standards_pb2.STANDARD_KIND_POLICY,
        key="reply",
        title="站点间答复时限",
        issued_by=ABOVE,
        number=1,
        issued_at=to_timestamp(_now()),
        effective_from=to_timestamp(_now()),
        open=["urging_answer_days"],
    )
    standard.content.update({"urging_answer_days": 3, "complaint_days": 5})
    write(site, ABOVE, "standard.told", standard.id, standards_pb2.StandardTold(standard=standard))
    day = _now().date().isoformat()
    for number, received in ((1, 11), (2, 12)):
        told = figures_pb2.DailyFigures(
            id=f"{BELOW}:localtown:{day}",
            site=BELOW,
            center_id="localtown",
            day=day,
            number=number,
            counts=[figures_pb2.Figure(name="received", count=received), figures_pb2.Figure(name="accepted", count=9)],
            counted_at=to_timestamp(_now()),
            reported_at=to_timestamp(_now()),
        )
        write(site, BELOW, "figures.told", told.id, figures_pb2.FiguresTold(figures=told))
    until(lambda: chief.get(f"/centers/{CENTER}/urgings")["items"], "the urging")
    until(lambda: chief.get(f"/centers/{CENTER}/feedback")["items"], "the feedback")
    until(lambda: root.get("/standards", kind="policy")["items"], "the standard")
    until(lambda: root.get(f"/centers/610900/figures/{day}")["totals"], "the figures")
    return {"joint_id": joint["id"], "figures_day": day}


def write(site: RunningSite, origin: str, type: str, journey: str, said: Message) -> None:
    """A letter of another site, as relay tells of it when it has come."""
    now, letter = _now(), _new_id()
    arrived = events_pb2.LetterArrived(
        letter=relay.Letter(
            id=letter,
            origin=origin,
            destination=HERE,
            type=type,
            type_version=1,
            journey=journey,
            created_at=to_timestamp(now),
            payload=said.SerializeToString(),
        ),
        received_at=to_timestamp(now),
    )
    _tell(site, Event(letter, event_type("relay", "LetterArrived"), "local/relay", journey, journey, now,
                      arrived.SerializeToString()))  # fmt: skip


def _now() -> datetime:
    return from_ms(to_ms(datetime.now(UTC)))


def _new_id() -> str:
    return _IDS.new_id(_now())


_IDS = Ids()


def _tell(site: RunningSite, event: Event) -> None:
    files = Site.at(site.data)
    bus = SqliteBus(files.bus_file, files.run_dir)
    try:
        bus.publish(topic_of("relay"), [event])
    finally:
        bus.close()


def _terms(**changed: Any) -> messages_pb2.Terms:
    said: dict[str, Any] = {
        "handling_site": ELSEWHERE,
        "handling_center_id": "511602",
        "handling_center_name": "样例区政务服务中心",
        "collecting_site": HERE,
        "collecting_center_id": CENTER,
        "collecting_center_name": "汉滨区政务服务中心",
        "item_id": "item-elsewhere",
        "item_name": "食品经营许可（新办）",
        "modes": [messages_pb2.MODE_COLLECT_FOR, messages_pb2.MODE_FULLY_ONLINE],
        "handling_unit": "样例区市场监管局",
        "materials": [
            messages_pb2.AgreedMaterial(key="form", name="申请书", main=True, form="original", standard="A4，本人签字"),
            messages_pb2.AgreedMaterial(key="plan", name="平面图", form="copy"),
        ],
        "deliveries": ["window", "post", "electronic"],
        "days": messages_pb2.SegmentDays(collection=1, transit=1, hand_back=3),
        "handling_contact": messages_pb2.Contact(name="样办理", phone="0826-0000001"),
        "collecting_contact": messages_pb2.Contact(name="样代收", phone="0915-0000001"),
        "effective_from": "2026-01-01",
    }
    return messages_pb2.Terms(**{**said, **changed})
