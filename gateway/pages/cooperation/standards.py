"""Standards from above and for the sites below: what holds, what is left open, what was set here (rules AB01, ZZ)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.cooperation.values import as_pairs, chosen, lines, pairs, shown
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import sites
from gateway.wire import enum_names, free_struct, plain_struct
from kit.errors import NotFound
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import standards_pb2 as messages

blueprint = Blueprint("standards_desk", __name__)

SHOWN = 50
KINDS = enum_names(messages.StandardKind.DESCRIPTOR)
_READERS = ("chief", "manager", "admin")
_SETTERS = ("manager", "admin")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a standard: what came, and what this site has set in its place."""

    name: str
    title: str
    value: str
    local: str
    open: bool


@blueprint.get("/cooperation/standards")
@staff(*_READERS)
def listed() -> Response:
    """The standards of a kind that this site has."""
    return _listed(_kind(request.args.get("kind", "")), Form.blank())


@blueprint.post("/cooperation/standards/<kind>/<standard_id>/localise")
@staff(*_SETTERS)
def localise(kind: str, standard_id: str) -> Response:
    """Sets what was left open here, and hands the whole on to sites below."""

    def act(form: Form) -> Response:
        held = _find(kind, standard_id)
        typed = {name: form.text(f"local-{name}") for name in held.open}
        sent = cooperation.LocaliseStandardRequest(
            center_id=principal().center_id,
            standard_id=standard_id,
            local=free_struct(chosen(held.open, plain_struct(held.content), typed)),
            sites=[*form.all("below"), *lines(form.text("sites"))],
            expected_version=form.version,
        )
        ask(clients().cooperation.LocaliseStandard, sent)
        return see("standards_desk.listed", kind=kind, done="standard_localised")

    return carry_out(act, lambda form: _listed(_kind(kind), form, standard_id))


@blueprint.get("/cooperation/standards/new")
@staff(*_SETTERS)
def new() -> Response:
    """The form of a standard for the sites below, or of the next number of one."""
    kind, standard_id = _kind(request.args.get("kind", "")), request.args.get("standard", "")
    if not standard_id:
        return _new(Form.blank(kind=kind))
    held = _find(kind, standard_id)
    values = {
        "kind": kind,
        "key": held.key,
        "title": held.title,
        "content": as_pairs(plain_struct(held.content)),
        "open": "\n".join(held.open),
        "version": str(held.version),
    }
    return _new(Form.blank(**values))


@blueprint.post("/cooperation/standards/new")
@staff(*_SETTERS)
def issue() -> Response:
    """Sets it, and sends it down."""

    def act(form: Form) -> Response:
        kind = _kind(form.text("kind"))
        fresh = messages.Standard(
            kind=messages.StandardKind.ValueType(KINDS[kind]),
            key=form.text("key"),
            title=form.text("title"),
            content=free_struct(pairs(form.text("content"), "content")),
            open=lines(form.text("open")),
            withdrawn=form.flag("withdrawn"),
        )
        sent = cooperation.IssueStandardRequest(
            center_id=principal().center_id,
            standard=fresh,
            sites=[*form.all("below"), *lines(form.text("sites"))],
            expected_version=form.number("version"),
        )
        ask(clients().cooperation.IssueStandard, sent)
        return see("standards_desk.listed", kind=kind, done="standard_issued")

    return carry_out(act, _new)


def _kind(name: str) -> str:
    return name if name in KINDS else "item"


def _page(kind: str, cursor: str) -> cooperation.ListStandardsResponse:
    wanted = cooperation.ListStandardsRequest(
        kind=messages.StandardKind.ValueType(KINDS[kind]), limit=SHOWN, cursor=cursor
    )
    return ask(clients().cooperation.ListStandards, wanted)


def _find(kind: str, standard_id: str) -> messages.Standard:
    """A standard by its id. Raises ``NotFound``."""
    cursor = ""
    while True:
        answer = _page(_kind(kind), cursor)
        for each in answer.standards:
            if each.id == standard_id:
                return each
        if not answer.next_cursor:
            raise NotFound("standard_not_found", "没有找到该标准，请刷新后重试。")
        cursor = answer.next_cursor


def _fields(standard: messages.Standard, titles: dict[str, str]) -> list[Field]:
    content: dict[str, Any] = plain_struct(standard.content)
    local: dict[str, Any] = plain_struct(standard.local)
    names = dict.fromkeys([*content, *standard.open, *local])
    return [
        Field(name, titles.get(name, ""), shown(content.get(name)), shown(local.get(name)), name in standard.open)
        for name in names
    ]


def _listed(kind: str, form: Form, standard_id: str = "") -> Response:
    mine = principal()
    answer = _page(kind, request.args.get("cursor", ""))
    titles: dict[str, str] = {}
    if kind == "policy":
        policy = ask(clients().catalog.GetPolicy, catalog.GetPolicyRequest(center_id=mine.center_id)).policy
        titles = {each.key: each.title for each in policy.settings}
    return page(
        "cooperation/standards.html",
        status=form.status,
        standards=[(each, _fields(each, titles)) for each in answer.standards],
        kind=kind,
        kinds=list(KINDS),
        more=answer.next_cursor,
        form=form,
        sent=standard_id,
        sets=identity().actor.has(*_SETTERS),
        center=center(mine.center_id),
        sites=sites(),
    )


def _new(form: Form) -> Response:
    kind = _kind(form.text("kind"))
    return page("cooperation/standard.html", status=form.status, form=form, kind=kind, sites=sites())
