"""Files that go with a part: kept as they come with a form, then named by what the form asks for (rules F01; 许可法 43)."""

from __future__ import annotations

from pathlib import PurePath

from flask import request

from gateway.clients import send
from gateway.pages.access import principal
from gateway.pages.lookups import clients
from gateway.uploads import framed
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as messages


def kept(key: str = "paper") -> list[messages.PartPaper]:
    """The files that were chosen on the form at hand, each a paper that is called as its file; ``key`` begins their keys."""
    chosen = [file for file in request.files.getlist("file") if file.filename]
    papers = []
    for place, file in enumerate(chosen, 1):
        header = requests.PartFileHeader(
            center_id=principal().center_id, filename=file.filename or "", media_type=file.mimetype
        )
        frames = framed(requests.UploadPartFileRequest, header, file)
        paper = send(clients().cooperation.UploadPartFile, frames, requests.UploadPartFileResponse).file
        paper.key = f"{key}-{place}"
        paper.name = PurePath(paper.filename).stem or paper.filename
        papers.append(paper)
    return papers
