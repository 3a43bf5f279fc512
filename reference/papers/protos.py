"""Papers on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from kit.timestamps import to_timestamp
from reference.papers.shelf import IssuedPaper, Match, PaperCopy, Standing, StandingState
from tongban.papers.v1 import messages_pb2 as pb

_MATCHES = {
    Match.NOT_ASKED: pb.PAPER_MATCH_UNSPECIFIED,
    Match.ORIGINAL: pb.PAPER_MATCH_ORIGINAL,
    Match.COPY: pb.PAPER_MATCH_COPY,
    Match.DIFFERENT: pb.PAPER_MATCH_DIFFERENT,
}
_STANDINGS = {
    StandingState.VALID: pb.PAPER_STANDING_VALID,
    StandingState.EXPIRED: pb.PAPER_STANDING_EXPIRED,
    StandingState.REVOKED: pb.PAPER_STANDING_REVOKED,
    StandingState.CANCELLED: pb.PAPER_STANDING_CANCELLED,
}


def verified_message(paper: IssuedPaper, match: Match, standing: Standing) -> pb.VerifiedPaper:
    """What anybody with its code may know."""
    return pb.VerifiedPaper(
        kind=paper.kind,
        title=paper.title,
        number=paper.number,
        center_id=paper.center_id,
        office=paper.office,
        holder=paper.holder,
        issued_at=to_timestamp(paper.issued_at),
        standing=_STANDINGS[standing.state],
        standing_since=to_timestamp(standing.since),
        standing_reason=standing.reason,
        match=_MATCHES[match],
        valid_until=standing.valid_until.isoformat() if standing.valid_until else "",
    )


def copy_message(copy: PaperCopy) -> pb.PaperCopy:
    """One further print."""
    return pb.PaperCopy(number=copy.number, at=to_timestamp(copy.at), by_name=copy.by_name, reason=copy.reason)


def printed_message(paper: IssuedPaper, copies: Iterable[PaperCopy]) -> pb.PrintedPaper:
    """A printed paper with its further prints, for staff."""
    return pb.PrintedPaper(
        id=paper.id,
        kind=paper.kind,
        title=paper.title,
        number=paper.number,
        issued_at=to_timestamp(paper.issued_at),
        sha256=paper.sha256,
        verify_code=paper.code,
        copies=[copy_message(copy) for copy in copies],
        masked=paper.masked,
    )


def sealed_message(paper: IssuedPaper) -> pb.SealedPaper:
    """One use of a seal."""
    return pb.SealedPaper(
        id=paper.id,
        kind=paper.kind,
        title=paper.title,
        number=paper.number,
        issued_at=to_timestamp(paper.issued_at),
        issued_by=paper.issued_by,
        sha256=paper.sha256,
        seal_sha256=paper.seal_sha256,
        sealed_at=to_timestamp(paper.made_at),
    )
