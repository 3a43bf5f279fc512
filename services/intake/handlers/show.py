"""Showing an applicant's full data to staff, on the record (rules AG01; convention 13).

The record is written before the data are answered. A call that came with an idempotency key leaves one line however
often it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator

from kit.call import Call
from kit.errors import NotFound
from kit.text import clean
from reference.papers.shelf import IssuedPaper, PaperCopy
from services.intake.domain.application import Applicant, Application
from services.intake.domain.events import ApplicantShown, PaperReprinted
from services.intake.domain.material import Upload
from services.intake.domain.paper import Paper
from services.intake.domain.showing import Showing
from services.intake.handlers.access import READING_ROLES, require_case_worker, visible
from services.intake.handlers.desk import Desk
from services.intake.queries.papers import sheet_of


def show_applicant(*, desk: Desk, call: Call, application_id: str, purpose: str) -> Applicant:
    """Full data for a stated purpose. Raises ``Invalid`` without a purpose, ``NotFound``, ``Forbidden``."""
    purpose = clean(purpose, field="purpose", max_length=200)
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)
    _record(desk, call, application, purpose)
    return application.applicant


def get_paper(*, desk: Desk, call: Call, application_id: str, paper_id: str, code: str) -> tuple[Paper, bytes]:
    """A paper and its PDF, for those who work on the application or its holder; the bytes that were given first, always.

    It names the applicant in full and bears the code, so who only looks on doesn't get it (rules AG01), and staff
    get it on the record. Raises ``NotFound``, ``Forbidden``; ``Unavailable`` when it can't be made.
    """
    application = visible(desk, call, application_id, code)
    by_staff = call.actor.has(*READING_ROLES)
    if by_staff and not code:
        require_case_worker(desk, call, application)
    paper = application.paper(paper_id)
    if paper is None:
        raise NotFound("paper_not_found", "该申请没有这份文书，请核对后重试。", id=application_id, paper=paper_id[:80])
    _, pdf = desk.shelf.original(call, sheet_of(application, paper))
    if by_staff:
        _record(desk, call, application, f"打印文书 {paper.number}")
    return paper, pdf


def reprint_paper(
    *, desk: Desk, call: Call, application_id: str, paper_id: str, reason: str
) -> tuple[IssuedPaper, PaperCopy, bytes]:
    """Prints a paper once more, marked, for those who work on the application; written down with its reason.

    Raises ``NotFound`` (``paper_not_printed`` too), ``Forbidden``, ``Invalid``; ``Unavailable`` when it can't be made.
    """
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)

    def told(paper: IssuedPaper, copy: PaperCopy) -> PaperReprinted:
        return PaperReprinted(
            case_id=application.id,
            center_id=application.center_id,
            journey=application.journey,
            paper_id=paper.id,
            title=paper.title,
            number=paper.number,
            copy=copy.number,
            reason=copy.reason,
        )

    paper, copy, pdf = desk.shelf.reprint(call, application.id, paper_id, reason, told)
    _record(desk, call, application, f"补打文书 {paper.number}：{copy.reason}"[:200])
    return paper, copy, pdf


def list_printed_papers(
    *, desk: Desk, call: Call, application_id: str
) -> list[tuple[IssuedPaper, tuple[PaperCopy, ...]]]:
    """The papers of an application that were printed, with their further prints. Raises ``NotFound``, ``Forbidden``."""
    call.actor.require(*READING_ROLES)
    application = visible(desk, call, application_id)
    return desk.shelf.copies_of(application.id)


def download_material(*, desk: Desk, call: Call, application_id: str, sha256: str) -> tuple[Upload, Iterator[bytes]]:
    """An uploaded file, for those who work on the case; it may be a copy of anything, an ID card too.

    Raises ``NotFound``, ``Forbidden``, ``Unavailable``.
    """
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)
    for material in application.materials:
        for upload in material.uploads:
            if upload.sha256 == sha256:
                _record(desk, call, application, f"下载材料 {material.name}")
                if application.crossing_id and not desk.blobs.has(upload.sha256):
                    return upload, _from_elsewhere(desk, call, upload)
                return upload, desk.blobs.get(upload.sha256)
    raise NotFound("upload_not_found", "该申请没有这个文件，请核对后重试。", id=application_id)


def _from_elsewhere(desk: Desk, call: Call, upload: Upload) -> Iterator[bytes]:
    """A scan that came with a letter; of what nothing became of, federation lets it go after a time."""
    try:
        yield from desk.scans.read(upload.sha256, token=call.token)
    except NotFound as error:
        raise NotFound(
            "upload_discarded",
            "该件未办成，材料扫描件已按保存期限清除。如需使用，请申请人重新提供。",
            sha256=upload.sha256,
        ) from error


def _record(desk: Desk, call: Call, application: Application, purpose: str) -> None:
    showing = Showing(
        id=desk.ids.new_id(call.now),
        application_id=application.id,
        center_id=application.center_id,
        shown_to_id=call.actor.id,
        shown_to_name=call.actor.name,
        purpose=purpose,
        shown_at=call.now,
    )
    desk.showings.create(
        showing, [ApplicantShown(application.id, application.journey, application.center_id, purpose)], call
    )
