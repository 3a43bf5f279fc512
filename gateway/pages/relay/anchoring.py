"""A direction whose chain forked goes on from where the operators of both ends agree; what was set aside stays to be seen."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, request
from google.protobuf import json_format

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.relay.views import traffic_of
from gateway.pages.rendering import page, see
from kit.errors import Invalid
from tongban.relay.v1 import reconcile_pb2 as messages
from tongban.relay.v1 import service_pb2 as relay

blueprint = Blueprint("relay_anchoring", __name__)

#: What such a file has at its top; as `tongban relay reanchor` writes and reads it.
_NAME: Final = "link_anchor"
#: No word comes near it, in bytes.
_LARGEST: Final = 64 * 1024
_SHOWN: Final = 50


@blueprint.get("/relay/links/<link_id>/anchor")
@staff("admin")
def one_link(link_id: str) -> Response:
    """What stands still, both steps of going on, and what was set aside."""
    return _shown(link_id, Form.blank())


@blueprint.post("/relay/links/<link_id>/anchor/word")
@staff("admin")
def word(link_id: str) -> Response:
    """This end's word as a file for the other end's operator; nothing is changed by it."""

    def act(form: Form) -> Response:
        asked = relay.ReanchorLinkRequest(
            link_id=link_id,
            from_site=form.text("from_site"),
            sequence=form.number("sequence"),
            approved_by=form.text("approved_by"),
            reason=form.text("reason"),
        )
        anchor = ask(clients().relay.ReanchorLink, asked).anchor
        content = {_NAME: json_format.MessageToDict(anchor, preserving_proto_field_name=True)}
        answer = Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
        answer.headers["Content-Disposition"] = f"attachment; filename=anchor-{anchor.sequence}.json"
        return answer

    return carry_out(act, lambda form: _shown(link_id, form))


@blueprint.post("/relay/links/<link_id>/anchor/go-on")
@staff("admin")
def go_on(link_id: str) -> Response:
    """Lets a direction go on from where the other end's file says."""

    def act(form: Form) -> Response:
        theirs = _their_word()
        if theirs.link != link_id:
            raise Invalid("anchor_of_another_link", "该文件是另一条链路的衔接文件，请核对。", field="file")
        asked = relay.ReanchorLinkRequest(
            link_id=link_id, theirs=theirs, approved_by=form.text("approved_by"), reason=form.text("reason")
        )
        ask(clients().relay.ReanchorLink, asked)
        return see("relay_anchoring.one_link", link_id=link_id, done="link_goes_on")

    return carry_out(act, lambda form: _shown(link_id, form))


def _their_word() -> messages.Anchor:
    """The file that was chosen. Raises ``Invalid`` (``file_missing``, ``file_malformed``)."""
    chosen = request.files.get("file")
    if chosen is None or not chosen.filename:
        raise Invalid("file_missing", "请选择对方出具的衔接文件。", field="file")
    text = chosen.read(_LARGEST + 1)
    try:
        content = json.loads(text) if len(text) <= _LARGEST else None
        if not isinstance(content, dict) or list(content) != [_NAME] or not isinstance(content[_NAME], dict):
            raise ValueError("another file")
        return json_format.ParseDict(content[_NAME], messages.Anchor())
    except (ValueError, RecursionError, json_format.ParseError) as error:
        raise Invalid("file_malformed", "文件内容无法识别，请选择对方出具的衔接文件。", field="file") from error


def _shown(link_id: str, form: Form) -> Response:
    answer = ask(clients().relay.ListTraffic, relay.ListTrafficRequest())
    traffic = traffic_of(answer, link_id)
    asked = relay.ListEvidenceRequest(link_id=link_id, limit=_SHOWN, cursor=request.args.get("cursor", ""))
    evidence = ask(clients().relay.ListEvidence, asked)
    stop = traffic.stops[0] if traffic.stops else None
    sides = [
        (answer.site, f"本站（{answer.site}）"),
        (traffic.peer, f"{traffic.peer_name or '对方'}（{traffic.peer}）"),
    ]
    return page(
        "relay/anchor.html",
        status=form.status,
        form=form,
        traffic=traffic,
        sides=sides,
        from_site="" if stop is None else answer.site if stop.outgoing else traffic.peer,
        sequence="" if stop is None else str(stop.sequence),
        evidence=evidence.evidence,
        more=evidence.next_cursor,
    )
