"""Figures of a day (日报): this site's own and those that the sites below reported, with what was restated (rules AC01)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import local, page, see
from gateway.pages.sites import sites
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import figures_pb2 as messages
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("figures_desk", __name__)

SHOWN = 100
#: What is counted, by the name that it is reported under; a later release may report more.
NAMES: Final = {
    "visits": "接待",
    "received": "收件",
    "accepted": "受理",
    "refused": "不予受理",
    "approved": "准予",
    "denied": "不予许可",
    "delivered": "送达",
    "evaluated": "评价",
    "evaluated_negative": "差评",
    "complaints": "投诉",
    "yellow_cards": "黄牌",
    "red_cards": "红牌",
}
_READERS = ("supervisor", "manager", "admin")


@blueprint.get("/cooperation/figures")
@staff(*_READERS)
def listed() -> Response:
    """A day's figures; yesterday's unless another day is asked for."""
    return _listed(_day(request.args.get("day", "")), Form.blank())


@blueprint.post("/cooperation/figures/<day>/count")
@staff("manager", "admin")
def count(day: str) -> Response:
    """Counts the center's day anew; what is other than before is restated upward."""

    def act(_form: Form) -> Response:
        sent = cooperation.CountFiguresRequest(center_id=principal().center_id, day=day)
        ask(clients().cooperation.CountFigures, sent)
        return see("figures_desk.listed", day=day, done="figures_counted")

    return carry_out(act, lambda form: _listed(_day(day), form))


def _day(wanted: str) -> date:
    """The day that was asked for, else the day before the center's present one."""
    try:
        return date.fromisoformat(wanted)
    except ValueError:
        board = ask(clients().queuing.GetBoard, queuing.GetBoardRequest(center_id=principal().center_id))
        return local(board.at).date() - timedelta(days=1)


def _named(figures: messages.DailyFigures | messages.Restatement) -> dict[str, int]:
    return {one.name: one.count for one in figures.counts}


def _listed(day: date, form: Form) -> Response:
    mine = principal()
    wanted = cooperation.ListFiguresRequest(
        center_id=mine.center_id, day=day.isoformat(), limit=SHOWN, cursor=request.args.get("cursor", "")
    )
    answer = ask(clients().cooperation.ListFigures, wanted)
    reported = [(each, _named(each)) for each in answer.figures]
    totals = {one.name: one.count for one in answer.totals}
    return page(
        "cooperation/figures.html",
        status=form.status,
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        reported=reported,
        named=_named,
        totals=totals,
        names={**NAMES, **{name: name for name in totals if name not in NAMES}},
        more=answer.next_cursor,
        counts_own=identity().actor.has("manager", "admin"),
        form=form,
        center=center(mine.center_id),
        sites=sites(*(site for each in answer.figures for site in (each.site, each.received_from))),
    )
