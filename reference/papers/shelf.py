"""Papers as they were given, kept for ever: made once from what was frozen at their issue, and served from there.

A paper's words are frozen, durably, in the document that issues it. Its PDF is made when it is first asked for, kept as
a file under its SHA-256, and only then answered: whoever asks again gets those bytes. Beside it stay the data and the
template that it was made from, so that a further print (补打) is the same paper with a mark, whatever release is
installed by then (decision 0021).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from kit.blobs.port import Blobs
from kit.blobs.uses import KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.chassis import Chassis
from kit.errors import NotFound, Unavailable
from kit.events import DomainEvent, EventEncoder
from kit.ids import Ids
from kit.store.port import Duplicate, Index, Kind
from kit.store.repository import Found, Repository
from kit.text import clean
from reference.papers.printing import date_parts, paper_pdf, template_files
from reference.papers.sealing import Seal

ISSUED_PAPERS: Final = Kind(
    "issued_paper",
    (
        Index("by_code", ("code",), unique=True),
        Index("by_sha256", ("sha256",)),
        Index("by_subject", ("subject_id", "issued_at")),
        # The book of a seal's uses.
        Index("by_seal", ("seal_id", "made_at")),
    ),
)
PAPER_COPIES: Final = Kind("paper_copy", (Index("by_paper", ("paper_id", "number")), Index("by_sha256", ("sha256",))))
PAPER_TEMPLATES: Final = Kind("paper_template", ())
SHELF_KINDS: Final = (ISSUED_PAPERS, PAPER_COPIES, PAPER_TEMPLATES, *USES_KINDS)

_PDF: Final = frozenset({"application/pdf"})
#: Far more than any paper takes, in bytes.
_MAX_BYTES: Final = 20 * 1024 * 1024
#: How often two windows may reprint the same paper at the same moment.
_RACES: Final = 20
#: Papers of one page of a seal's book.
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an issued paper is made from: frozen when it was issued, and the same whenever it is asked for.

    ``holder`` is who it is for, masked; ``masked``: the paper itself bears no more than that. ``data`` is what
    ``template`` is given beside its codes to scan.
    """

    id: str
    subject_id: str
    center_id: str
    kind: str
    title: str
    number: str
    issued_at: datetime
    office: str
    holder: str
    masked: bool
    template: Path
    data: Mapping[str, Any]
    #: The seal that it bears, and who issued it; empty: a sample is drawn.
    seal_id: str = ""
    issued_by: str = ""


@dataclass(frozen=True, slots=True)
class IssuedPaper:
    """A paper that was given. ``code`` is what it is verified by; ``data`` (JSON) and ``template`` made its file."""

    id: str
    subject_id: str
    center_id: str
    kind: str
    title: str
    number: str
    issued_at: datetime
    office: str
    holder: str
    code: str
    sha256: str
    made_at: datetime
    template: str
    data: str
    masked: bool = False
    #: The seal that it bears, the hash of its picture, and who issued the paper; None: it bears a sample.
    seal_id: str | None = None
    seal_sha256: str = ""
    issued_by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class PaperCopy:
    """One further print of a paper: which, when, by whom, why."""

    id: str
    paper_id: str
    number: int
    at: datetime
    by_id: str
    by_name: str
    reason: str
    sha256: str
    version: int = 0


class StandingState(StrEnum):
    """Whether a paper holds (许可法 69, 70)."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a paper holds, since when it doesn't and why, and the last day on which it does."""

    state: StandingState = StandingState.VALID
    since: datetime | None = None
    reason: str = ""
    valid_until: date | None = None


class Match(StrEnum):
    """Whether a file is a paper: as it was given, a marked further print, or something else."""

    NOT_ASKED = "not_asked"
    ORIGINAL = "original"
    COPY = "copy"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class PaperTemplate:
    """The files that papers were made from; ``id`` is a hash of them."""

    id: str
    files: dict[str, str]
    version: int = 0


@dataclass(frozen=True)
class Shelf:
    """The papers of one service. ``public_url`` is where citizens open the site."""

    papers: Repository[IssuedPaper]
    copies: Repository[PaperCopy]
    templates: Repository[PaperTemplate]
    blobs: Blobs
    uses: Uses
    ids: Ids
    #: The last letter of its codes: it tells whose they are.
    letter: str
    public_url: str
    #: A seal by its id, also one that was withdrawn.
    seal: Callable[[str], Seal]

    def original(self, call: Call, sheet: Sheet) -> tuple[IssuedPaper, bytes]:
        """The paper and its bytes: made if nobody has asked for it yet, kept before they are answered.

        Raises ``Unavailable`` when it can't be made or read, ``Exhausted`` when too many are asked for.
        """
        paper = self.papers.find_by_id(sheet.id) or self._made(call, sheet)
        return paper, self.content(paper)

    def content(self, paper: IssuedPaper) -> bytes:
        """The bytes of a paper as it was given. Raises ``Unavailable``."""
        return b"".join(self.blobs.get(paper.sha256))

    def reprint(
        self,
        call: Call,
        subject_id: str,
        paper_id: str,
        reason: str,
        told: Callable[[IssuedPaper, PaperCopy], DomainEvent] | None = None,
    ) -> tuple[IssuedPaper, PaperCopy, bytes]:
        """A further print, marked with its number, its time and who made it, written down and ``told`` before it is answered.

        The call sent again gets the same one. Raises ``NotFound`` (``paper_not_printed``) before there is a first print,
        ``Invalid`` without a reason, ``Unavailable``, ``Exhausted``.
        """
        paper = self.printed(subject_id, paper_id)
        reason = clean(reason, field="reason", max_length=200)
        before = self.copies.created_before(call)
        if before is not None:
            return paper, before, self._reprinted(paper, before)
        for _ in range(_RACES):
            last = self.copies.find("by_paper", paper_id=paper.id, descending=True, limit=1).items
            number = last[0].number + 1 if last else 1
            copy = PaperCopy(
                f"{paper.id}/{number}", paper.id, number, call.now, call.actor.id, call.actor.name, reason, ""
            )
            pdf = self._reprinted(paper, copy)
            with suppress(Duplicate):
                copy = replace(copy, sha256=hashlib.sha256(pdf).hexdigest())
                copy = self.copies.create(copy, [told(paper, copy)] if told else [], call)
                return paper, copy, pdf
        raise Unavailable("papers_contended", "文书登记繁忙，请稍后重试。", paper=paper.id)

    def printed(self, subject_id: str, paper_id: str) -> IssuedPaper:
        """A paper of a case that was printed. Raises ``NotFound`` (``paper_not_printed``)."""
        paper = self.papers.find_by_id(paper_id)
        if paper is None or paper.subject_id != subject_id:
            raise NotFound("paper_not_printed", "这份文书还没有打印过，请先打印原件。", paper=paper_id[:120])
        return paper

    def copies_of(self, subject_id: str) -> list[tuple[IssuedPaper, tuple[PaperCopy, ...]]]:
        """Every paper of a case that was printed, the first issued first, with its further prints."""
        printed = self.papers.each("by_subject", subject_id=subject_id)
        return [(paper, tuple(self.copies.each("by_paper", paper_id=paper.id))) for paper in printed]

    def sealed(self, center_id: str, seal_id: str, limit: int, cursor: str) -> Found[IssuedPaper]:
        """The book of a seal: the papers of a center that bear it, the newest first."""
        page = min(limit, _PAGE) if limit > 0 else _PAGE
        found = self.papers.find("by_seal", seal_id=seal_id, descending=True, limit=page, cursor=cursor)
        return Found(tuple(paper for paper in found.items if paper.center_id == center_id), found.cursor)

    def verified(self, code: str, sha256: str = "") -> tuple[IssuedPaper, Match]:
        """The paper of a code, or of a file's hash where there is none, and whether that file is the paper.

        Raises ``NotFound`` (``paper_unknown``), also for a code of somebody else's.
        """
        paper = self.papers.find_unique("by_code", code) if code else self._of_file(sha256)
        if paper is None:
            raise NotFound("paper_unknown", "没有查到这份文书，请核对文书上的验真码；如有疑问，请联系出具机关。")
        if not sha256:
            return paper, Match.NOT_ASKED
        if sha256 == paper.sha256:
            return paper, Match.ORIGINAL
        copies = self.copies.find("by_sha256", sha256=sha256, limit=1).items
        is_copy = bool(copies) and copies[0].paper_id == paper.id
        return paper, Match.COPY if is_copy else Match.DIFFERENT

    def _of_file(self, sha256: str) -> IssuedPaper | None:
        found = self.papers.find("by_sha256", sha256=sha256, limit=1).items if sha256 else ()
        if found or not sha256:
            return found[0] if found else None
        copies = self.copies.find("by_sha256", sha256=sha256, limit=1).items
        return self.papers.find_by_id(copies[0].paper_id) if copies else None

    def _made(self, call: Call, sheet: Sheet) -> IssuedPaper:
        code = f"{self.ids.new_code()}{self.letter}"
        data = {**sheet.data, "verify_url": f"{self.public_url}/verify/{code}"}
        files = template_files(sheet.template)
        template = self._kept_template(files)
        seal = self.seal(sheet.seal_id) if sheet.seal_id else None
        pdf = paper_pdf(files, data | impression(seal), at=sheet.issued_at)
        blob = self.blobs.put([pdf], filename=f"{sheet.number}.pdf", max_bytes=_MAX_BYTES, allowed=_PDF)
        self.uses.arrived(call, blob.sha256, again=blob.again)
        self.uses.note(call, code, [blob.sha256])
        paper = IssuedPaper(
            id=sheet.id,
            subject_id=sheet.subject_id,
            center_id=sheet.center_id,
            kind=sheet.kind,
            title=sheet.title,
            number=sheet.number,
            issued_at=sheet.issued_at,
            office=sheet.office,
            holder=sheet.holder,
            code=code,
            sha256=blob.sha256,
            made_at=call.now,
            template=template,
            data=orjson.dumps(data).decode(),
            masked=sheet.masked,
            seal_id=sheet.seal_id or None,
            seal_sha256=seal.sha256 if seal is not None else "",
            issued_by=sheet.issued_by,
        )
        try:
            self.papers.append([paper])
        except Duplicate:
            # Somebody else has asked for it at the same time: theirs is the paper.
            self.uses.release(call, code, [blob.sha256])
        return self.papers.get(sheet.id)

    def _kept_template(self, files: Mapping[str, str]) -> str:
        id = hashlib.sha256(orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)).hexdigest()
        if self.templates.find_by_id(id) is None:
            with suppress(Duplicate):
                self.templates.append([PaperTemplate(id, dict(files))])
        return id

    def _reprinted(self, paper: IssuedPaper, copy: PaperCopy) -> bytes:
        mark = {"number": copy.number, "at": date_parts(copy.at), "by": copy.by_name}
        files = self.templates.get(paper.template).files
        seal = self.seal(paper.seal_id) if paper.seal_id else None
        return paper_pdf(files, {**orjson.loads(paper.data), **impression(seal), "copy": mark}, at=copy.at)


def impression(seal: Seal | None) -> dict[str, Any]:
    """What a template is given of a seal: not kept with each paper, as a seal's picture never changes."""
    return {} if seal is None else {"seal_svg": seal.svg, "seal_name": seal.name}


def shelf_of(
    chassis: Chassis, encoder: EventEncoder, *, letter: str, public_url: str, seal: Callable[[str], Seal]
) -> Shelf:
    """The shelf of a running service, whose store has ``SHELF_KINDS``."""
    blobs = chassis.blobs()
    return Shelf(
        papers=chassis.repository(ISSUED_PAPERS, IssuedPaper, encoder),
        copies=chassis.repository(PAPER_COPIES, PaperCopy, encoder),
        templates=chassis.repository(PAPER_TEMPLATES, PaperTemplate, encoder),
        blobs=blobs,
        uses=Uses(chassis.service, chassis.repository(KEPT_FILES, KeptFile, encoder), blobs),
        ids=chassis.ids,
        letter=letter,
        public_url=public_url,
        seal=seal,
    )
