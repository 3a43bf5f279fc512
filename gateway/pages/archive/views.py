"""Case files: found, looked at on the record, filed (rules J01, J03, AG01)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.routes.case_files import FILING_SECONDS
from gateway.wire import enum_names
from kit.ids import new_secret
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as archive

blueprint = Blueprint("archive", __name__)

STATES = enum_names(messages.CaseFileState.DESCRIPTOR)
READERS = ("clerk", "chief", "supervisor", "manager", "archivist")
SHOWN = 30


@blueprint.get("/archive")
@staff(*READERS)
def listed() -> Response:
    """A center's files, and what they may be found by."""
    return _listed(Form.blank())


@blueprint.post("/archive/search")
@staff(*READERS)
def search() -> Response:
    """The files of a person or a unit; audited. The number stands in no address."""

    def act(form: Form) -> Response:
        wanted = archive.FindCaseFilesRequest(
            center_id=principal().center_id,
            id_number=form.text("id_number"),
            purpose=form.text("purpose"),
            limit=SHOWN,
            cursor=form.text("cursor"),
        )
        found = ask(clients().archive.FindCaseFiles, wanted, idempotency_key=new_secret())
        return page(
            "archive/files.html",
            center=center(principal().center_id),
            files=found.files,
            more="",
            next_search=found.next_cursor,
            chosen="",
            form=form,
            searched=True,
        )

    return carry_out(act, _listed)


@blueprint.get("/archive/files/<file_id>")
@staff(*READERS)
def show(file_id: str) -> Response:
    """One file with its contents list; the look is on the record."""
    return _show(file_id, Form.blank())


@blueprint.post("/archive/files/<file_id>/file")
@staff("clerk", "chief")
def file_away(file_id: str) -> Response:
    """Files it (归档)."""

    def act(form: Form) -> Response:
        wanted = archive.FileCaseRequest(file_id=file_id, despite=form.text("despite"), expected_version=form.version)
        ask(clients().archive.FileCase, wanted, timeout=FILING_SECONDS)
        return see("archive.show", file_id=file_id, done="filed_away")

    return carry_out(act, lambda form: _show(file_id, form))


def _listed(form: Form) -> Response:
    center_id, chosen = principal().center_id, request.args.get("state", "")
    wanted = archive.ListCaseFilesRequest(
        center_id=center_id,
        number=request.args.get("number", "").strip()[:60],
        state=messages.CaseFileState.ValueType(STATES.get(chosen, 0)),
        item_id=request.args.get("item", "")[:64],
        from_date=request.args.get("from", ""),
        to_date=request.args.get("to", ""),
        incomplete=chosen == "incomplete",
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    found = ask(clients().archive.ListCaseFiles, wanted)
    return page(
        "archive/files.html",
        status=form.status,
        center=center(center_id),
        files=found.files,
        more=found.next_cursor,
        next_search="",
        chosen=chosen,
        form=form,
        searched=False,
    )


def _show(file_id: str, form: Form) -> Response:
    wanted = archive.GetCaseFileRequest(file_id=file_id, purpose="在档案页面查看案卷")
    file = ask(clients().archive.GetCaseFile, wanted, idempotency_key=new_secret()).file
    at = center(file.center_id)
    return page(
        "archive/file.html", status=form.status, file=file, center=at, departments=department_names(at), form=form
    )
