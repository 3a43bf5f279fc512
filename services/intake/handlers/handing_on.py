"""Cases that come to a step of other sites: the files go to relay, and federation is told who applies (rules F01, P01).

Nobody asks the applicant for a paper that is here already (许可法 43).
"""

from __future__ import annotations

from kit.call import Call
from kit.store.port import Mark
from services.intake.domain.events import ApplicationHandedOn
from services.intake.handlers.access import require_case_worker
from services.intake.handlers.desk import Desk


def carry_files(*, desk: Desk, call: Call, application_id: str) -> None:
    """Puts the files with relay, in the name of whoever sends the case on; those that came through it are there.

    Raises ``NotFound``, ``Forbidden``, ``Unavailable``.
    """
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)
    digests = {upload.sha256 for material in application.materials for upload in material.uploads}
    for sha256 in sorted(digests):
        if desk.blobs.has(sha256):
            desk.scans.keep(sha256, desk.blobs.get(sha256), token=call.token)


def hand_on(*, desk: Desk, call: Call, application_id: str, sent: bytes, mark: Mark) -> None:
    """Tells federation who applies and what was handed in, for the step that was sent. Raises ``AlreadyApplied``."""
    application = desk.applications.get(application_id)
    desk.applications.save(application, [ApplicationHandedOn(application, sent)], call, mark=mark)
