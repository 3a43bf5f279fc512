"""The federation service: wiring only. Run as ``python -m services.federation.main``."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.call import Call
from kit.chassis import Chassis, Servicer, run_main
from kit.events import EventEncoder
from kit.pruning import PRUNINGS, Pruner, Turn
from kit.settings import load
from reference import REFERENCE_KINDS, Reference
from services.federation.domain.agreement import Agreement
from services.federation.domain.commands import Command
from services.federation.domain.crossing import Crossing
from services.federation.domain.dispute import Dispute
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import Counted, DailyFigures
from services.federation.domain.joint import Joint
from services.federation.domain.letters import RefusedLetter
from services.federation.domain.parts import Part
from services.federation.domain.showing import Showing
from services.federation.domain.standards import Standard
from services.federation.domain.urging import Urging
from services.federation.events import room_incoming
from services.federation.events.incoming import SETTLERS, TAKERS, subscriptions
from services.federation.events.outgoing import TABLE
from services.federation.events.room_outgoing import ROOM_TABLE
from services.federation.grpc_api import FederationApi
from services.federation.grpc_api.cooperation import CooperationApi
from services.federation.handlers import disputes, figures, joints
from services.federation.handlers.carrier import RelayCarrier
from services.federation.handlers.desk import (
    AGREEMENTS,
    CROSSINGS,
    DESK_KINDS,
    REFUSED_LETTERS,
    SHOWINGS,
    Desk,
    agreement_keys,
    agreement_missing,
    crossing_keys,
    crossing_missing,
)
from services.federation.handlers.following import alarms
from services.federation.handlers.retention import rules
from services.federation.handlers.room import (
    COMMANDS,
    COUNTED,
    DISPUTES,
    FEEDBACKS,
    FIGURES,
    JOINTS,
    PARTS,
    ROOM_KINDS,
    STANDARDS,
    URGINGS,
    Room,
    counted_keys,
    feedback_keys,
    figures_keys,
    joint_keys,
    part_keys,
    part_missing,
    urging_keys,
)
from services.federation.settings import FederationSettings
from tongban.federation.v1 import cooperation_pb2
from tongban.federation.v1.cooperation_pb2_grpc import add_CooperationServiceServicer_to_server
from tongban.federation.v1.service_pb2_grpc import add_FederationServiceServicer_to_server

#: What its process keeps.
KINDS: Final = (*DESK_KINDS, *ROOM_KINDS, PRUNINGS)


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(FederationSettings)
    chassis = Chassis("federation", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder({**TABLE, **ROOM_TABLE})
    blobs = chassis.blobs()
    desk = Desk(
        site=settings.site,
        agreements=chassis.repository(AGREEMENTS, Agreement, encoder, keys=agreement_keys, missing=agreement_missing),
        crossings=chassis.repository(CROSSINGS, Crossing, encoder, keys=crossing_keys, missing=crossing_missing),
        showings=chassis.repository(SHOWINGS, Showing, encoder),
        refused_letters=chassis.repository(REFUSED_LETTERS, RefusedLetter, encoder),
        reference=reference,
        carrier=RelayCarrier(chassis.channel("relay", "tongban.relay.v1.RelayService")),
        blobs=blobs,
        uses=Uses("federation", chassis.repository(KEPT_FILES, KeptFile, encoder), blobs),
        ids=chassis.ids,
        secret=settings.site_secret,
    )
    room = _room(chassis, settings, encoder, desk)
    pruner = Pruner(
        "federation",
        chassis.repository(PRUNINGS, Turn, encoder),
        tuple(
            rules(
                counted_days=settings.federation_keep_counted_days, refused_days=settings.federation_keep_refused_days
            )
        ),
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.federation.v1.FederationService",
                add_FederationServiceServicer_to_server,
                FederationApi(desk),
            ),
            Servicer(
                cooperation_pb2.DESCRIPTOR.services_by_name["CooperationService"].full_name,
                add_CooperationServiceServicer_to_server,
                CooperationApi(room),
            ),
        ],
        subscriptions=[
            reference.subscription("federation"),
            *subscriptions(
                desk,
                takers={**TAKERS, **room_incoming.takers(room)},
                settlers={**SETTLERS, **room_incoming.settlers(room)},
            ),
            *room_incoming.subscriptions(room),
        ],
        alarms=[
            *alarms(desk, partial(disputes.is_disputed, room)),
            *desk.uses.alarms(),
            *joints.alarms(room),
            *figures.alarms(room),
            *pruner.alarms(),
        ],
        on_start=lambda: pruner.begin(Call(chassis.actor, chassis.clock.now())),
    )


def _room(chassis: Chassis, settings: FederationSettings, encoder: EventEncoder, desk: Desk) -> Room:
    """What sites handle together, kept beside what crosses."""
    here = desk.site
    return Room(
        desk=desk,
        parts=chassis.repository(PARTS, Part, encoder, keys=part_keys(here), missing=part_missing),
        joints=chassis.repository(JOINTS, Joint, encoder, keys=joint_keys),
        commands=chassis.repository(COMMANDS, Command, encoder),
        urgings=chassis.repository(URGINGS, Urging, encoder, keys=urging_keys(here)),
        feedbacks=chassis.repository(FEEDBACKS, Feedback, encoder, keys=feedback_keys(here)),
        standards=chassis.repository(STANDARDS, Standard, encoder),
        figures=chassis.repository(FIGURES, DailyFigures, encoder, keys=figures_keys),
        counted=chassis.repository(COUNTED, Counted, encoder, keys=counted_keys),
        disputes=chassis.repository(DISPUTES, Dispute, encoder),
        keeps_counted=timedelta(days=days) if (days := settings.federation_keep_counted_days) else None,
    )


if __name__ == "__main__":
    run_main(main)
