"""What is on file for the materials that an application lacks, beside each of them on its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.clients import ask
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from kit.errors import Unavailable
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import reuse_pb2 as reuse

_OPEN = (messages.APPLICATION_STATE_RECEIVED, messages.APPLICATION_STATE_SUPPLEMENT_REQUESTED)


@dataclass(frozen=True, slots=True)
class OnFile:
    """By material what is on file; ``down``: nobody can say now."""

    offers: Mapping[str, reuse.ReusableMaterial] = field(default_factory=dict)
    down: bool = False


def on_file(application: messages.Application | None, code: str = "") -> OnFile:
    """What is on file for an application, where it still lacks something; a page never waits in vain for it."""
    if application is None or application.state not in _OPEN:
        return OnFile()
    if all(each.state == messages.MATERIAL_STATE_HANDED_IN or each.waived for each in application.materials):
        return OnFile()
    request = reuse.ListReusableMaterialsRequest(application_id="" if code else application.id, code=code)
    try:
        answer = ask(clients().intake.ListReusableMaterials, request)
    except Unavailable:
        return OnFile(down=True)
    return OnFile({each.material_key: each for each in answer.offers}, answer.library_down)


def take(form: Form, key: str, *, application_id: str = "", code: str = "") -> None:
    """Lets a paper on file stand for a material."""
    sent = reuse.ReuseMaterialRequest(
        application_id=application_id,
        code=code,
        material_key=key,
        holding_id=form.text("holding"),
        original_seen=form.flag("original_seen"),
        expected_version=form.version,
    )
    ask(clients().intake.ReuseMaterial, sent)
