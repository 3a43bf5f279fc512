"""The approval_routing service: wiring only. Run as ``python -m services.approval_routing.main``."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.chassis import Chassis, Servicer, run_main
from kit.settings import load
from reference import REFERENCE_KINDS, Reference
from reference.papers.settings import PrintingSettings
from reference.papers.shelf import shelf_of
from services.approval_routing.domain.hearing import HearingWatch
from services.approval_routing.domain.licences import Licence
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.tasks import Task
from services.approval_routing.events import TABLE, subscriptions
from services.approval_routing.grpc_api import ApprovalRoutingApi
from services.approval_routing.grpc_api.printed import CasePapersApi
from services.approval_routing.handlers.applicants import IntakeApplicants, IntakePapers
from services.approval_routing.handlers.case_file import case_file
from services.approval_routing.handlers.charges import SETTLED_BILLS, SettledBill
from services.approval_routing.handlers.colleagues import WorkforceColleagues
from services.approval_routing.handlers.denials import IntakeDenialReports
from services.approval_routing.handlers.hearings import HEARINGS, hearing_alarms, hearing_keys
from services.approval_routing.handlers.licences import LICENCES, alarms, licence_keys
from services.approval_routing.handlers.office import PAPERS_LETTER, Office
from services.approval_routing.handlers.talk import INQUIRIES, inquiry_keys
from services.approval_routing.handlers.tasks import KINDS, TASKS, fill, task_keys
from tongban.approval_routing.v1 import papers_pb2
from tongban.approval_routing.v1.papers_pb2_grpc import add_CasePapersServiceServicer_to_server
from tongban.approval_routing.v1.service_pb2_grpc import add_ApprovalRoutingServiceServicer_to_server
from tongban.intake.v1 import preparation_pb2

_PREPARATION: Final = preparation_pb2.DESCRIPTOR.services_by_name["PreparationService"].full_name


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(PrintingSettings)
    chassis = Chassis("approval_routing", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    intake = chassis.channel("intake", "tongban.intake.v1.IntakeService")
    encoder = chassis.encoder(TABLE)
    office = Office(
        cases=case_file(chassis.store, encoder, chassis.ids, sole=settings.store == "sqlite"),
        tasks=chassis.repository(TASKS, Task, encoder, keys=task_keys),
        inquiries=chassis.repository(INQUIRIES, Inquiry, encoder, keys=inquiry_keys),
        hearings=chassis.repository(HEARINGS, HearingWatch, encoder, keys=hearing_keys),
        settled_bills=chassis.repository(SETTLED_BILLS, SettledBill, encoder),
        licences=chassis.repository(LICENCES, Licence, encoder, keys=licence_keys),
        reference=reference,
        applicants=IntakeApplicants(intake),
        papers=IntakePapers(intake),
        denial_reports=IntakeDenialReports(chassis.channel("intake", _PREPARATION)),
        colleagues=WorkforceColleagues(chassis.channel("workforce", "tongban.workforce.v1.WorkforceService")),
        shelf=shelf_of(chassis, encoder, letter=PAPERS_LETTER, public_url=settings.public_url, seal=reference.seal),
        ids=chassis.ids,
        public_url=settings.public_url,
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.approval_routing.v1.ApprovalRoutingService",
                add_ApprovalRoutingServiceServicer_to_server,
                ApprovalRoutingApi(office),
            ),
            Servicer(
                papers_pb2.DESCRIPTOR.services_by_name["CasePapersService"].full_name,
                add_CasePapersServiceServicer_to_server,
                CasePapersApi(office),
            ),
        ],
        subscriptions=[reference.subscription("approval_routing"), *subscriptions(office)],
        alarms=[*alarms(office), *hearing_alarms(office), *office.shelf.uses.alarms()],
        on_start=lambda: fill(office=office, call=Call(chassis.actor, chassis.clock.now())),
    )


if __name__ == "__main__":
    run_main(main)
