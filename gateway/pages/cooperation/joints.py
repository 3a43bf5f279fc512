"""Joint cases at their lead (多地联办): how each part stands, urging a slow one, the answer for all (rules P01, C19, K07)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import sites
from gateway.wire import enum_names
from kit.errors import NotFound
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as messages
from tongban.federation.v1 import urging_pb2 as urging

blueprint = Blueprint("joints_desk", __name__)

SHOWN = 50
STATES = enum_names(messages.JointState.DESCRIPTOR)
OUTCOMES = enum_names(messages.PartOutcome.DESCRIPTOR)
KINDS = enum_names(urging.UrgingKind.DESCRIPTOR)


@blueprint.get("/cooperation/joints")
@staff("clerk", "chief", "supervisor", "manager")
def listed() -> Response:
    """The joint cases that the center leads."""
    mine = principal()
    wanted = requests.ListJointsRequest(
        center_id=mine.center_id,
        state=messages.JointState.ValueType(STATES.get(request.args.get("state", ""), 0)),
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    answer = ask(clients().cooperation.ListJoints, wanted)
    return page("cooperation/joints.html", joints=answer.joints, more=answer.next_cursor, center=center(mine.center_id))


@blueprint.get("/cooperation/joints/<joint_id>")
@staff("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
def joint(joint_id: str) -> Response:
    """One joint case with its parts."""
    return _show(joint_id, Form.blank())


@blueprint.post("/cooperation/joints/<joint_id>/merge")
@staff("chief")
def merge(joint_id: str) -> Response:
    """Speaks for all, when every part is answered."""

    def act(form: Form) -> str:
        sent = requests.MergeJointRequest(
            joint_id=joint_id,
            outcome=messages.PartOutcome.ValueType(OUTCOMES.get(form.text("outcome"), 0)),
            opinion=form.text("opinion"),
            expected_version=form.version,
        )
        ask(clients().cooperation.MergeJoint, sent)
        return "joint_merged"

    return _done(joint_id, act)


@blueprint.post("/cooperation/joints/<joint_id>/withdraw")
@staff("clerk", "chief")
def withdraw(joint_id: str) -> Response:
    """Gives the whole up."""

    def act(form: Form) -> str:
        sent = requests.WithdrawJointRequest(
            joint_id=joint_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().cooperation.WithdrawJoint, sent)
        return "joint_withdrawn"

    return _done(joint_id, act)


@blueprint.post("/cooperation/joints/<joint_id>/parts/<part_id>/urge")
@staff("chief", "supervisor", "manager")
def urge(joint_id: str, part_id: str) -> Response:
    """Urges, supervises or consults the site that handles a part."""

    def act(form: Form) -> str:
        whole = _find(joint_id)
        part = next((each for each in whole.parts if each.part_id == part_id), None)
        if part is None:
            raise NotFound("part_not_found", "没有找到该环节，请刷新后重试。")
        sent = cooperation.AskUrgingRequest(
            kind=urging.UrgingKind.ValueType(KINDS.get(form.text("kind"), 0)),
            about=part.part_id,
            number=whole.number,
            title=f"{whole.item_name}：{part.title}",
            center_id=whole.place.center_id,
            department_key=whole.place.department_key,
            asked_of=part.place,
            journey=whole.journey,
            text=form.text("text"),
        )
        ask(clients().cooperation.AskUrging, sent, idempotency_key=form.key)
        return "urging_asked"

    return _done(joint_id, act)


def _done(joint_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("joints_desk.joint", joint_id=joint_id, done=act(form)), lambda form: _show(joint_id, form)
    )


def _find(joint_id: str) -> messages.Joint:
    return ask(clients().cooperation.GetJoint, requests.GetJointRequest(joint_id=joint_id)).joint


def _show(joint_id: str, form: Form) -> Response:
    whole = _find(joint_id)
    open_parts = [each for each in whole.parts if each.state != messages.PART_STATE_ANSWERED]
    return page(
        "cooperation/joint.html",
        status=form.status,
        joint=whole,
        waiting=len(open_parts),
        form=form,
        urged=(request.view_args or {}).get("part_id", ""),
        sites=sites(whole.place.site, *(each.place.site for each in whole.parts)),
    )
