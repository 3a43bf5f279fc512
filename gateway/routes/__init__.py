"""REST under ``/api/v1``, one file a resource: parse → one RPC → JSON."""

from __future__ import annotations

from gateway.document import Document
from gateway.routes import (
    accountability,
    agreements,
    applications,
    appointments,
    archive_hand_overs,
    calendars,
    case_files,
    cases,
    centers,
    certificates,
    commitments,
    complaints,
    conduct,
    cooperation,
    covers,
    crossing_results,
    crossings,
    denials,
    destructions,
    drafts,
    evaluations,
    fees,
    item_files,
    items,
    joints,
    materials,
    operations,
    paper_lists,
    papers,
    part_files,
    parts,
    pick_ups,
    policies,
    promises,
    relay,
    seals,
    sessions,
    staff,
    supervision,
    supervision_rules,
    talk,
    tasks,
    tickets,
    windows,
)
from gateway.routing import ResourceRoutes
from gateway.settings import GatewaySettings

_RESOURCES: tuple[ResourceRoutes, ...] = (
    centers.api,
    items.api,
    item_files.api,
    policies.api,
    calendars.api,
    tickets.api,
    windows.api,
    appointments.api,
    applications.api,
    materials.api,
    papers.api,
    seals.api,
    paper_lists.api,
    promises.api,
    commitments.api,
    denials.api,
    drafts.api,
    cases.api,
    pick_ups.api,
    conduct.api,
    talk.api,
    fees.api,
    evaluations.api,
    complaints.api,
    agreements.api,
    crossings.api,
    crossing_results.api,
    parts.api,
    part_files.api,
    joints.api,
    cooperation.api,
    relay.api,
    supervision.api,
    case_files.api,
    archive_hand_overs.api,
    destructions.api,
    certificates.api,
    supervision_rules.api,
    accountability.api,
    tasks.api,
    staff.api,
    covers.api,
    sessions.api,
)

#: What takes a file in, of the API and of the pages.
_UPLOADS = frozenset(
    {
        "materials.upload_material",
        "crossings.upload_scan",
        "crossing_results.upload_crossing_result",
        "part_files.upload_part_file",
        "files.upload",
        "collecting.upload",
        "owning.give_result",
        "planning.begin",
        "cooperation_desk.answer",
        "cooperation_desk.hand_in",
        "online.upload",
        "left_papers.fetch",
        "results.deliver",
        "applying.upload",
        "relay_anchoring.go_on",
        "verifying.verify",
    }
)
#: What a multipart body has around its file.
_ENVELOPE_BYTES = 64 * 1024


def register(app: Document) -> None:
    """Adds all routes to an app."""
    app.register_blueprint(operations.blueprint)
    for each in _RESOURCES:
        app.register_api(each)


def body_limit(endpoint: str, settings: GatewaySettings) -> int:
    """How many bytes a request to this endpoint may bring."""
    if endpoint in _UPLOADS:
        return settings.max_upload + _ENVELOPE_BYTES
    if endpoint == "item_files.import_items":
        return settings.max_import
    return settings.max_body
