"""The front page of the site and of a center, and the guide of an item (办事指南, rules AB01, AB04)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.context import current_gateway
from gateway.pages.forms import Form
from gateway.pages.lookups import center, centers, clients, department_names, item
from gateway.pages.rendering import page
from gateway.pages.route_picture import picture
from kit.errors import NotFound
from tongban.catalog.v1 import service_pb2 as catalog

blueprint = Blueprint("front", __name__)

#: Items on one page.
SHOWN = 30


@blueprint.get("/")
def index() -> Response:
    """Which centers there are, and what one can do here."""
    everything = centers()
    return page(
        "front/index.html",
        centers=everything,
        form=Form.blank(),
        embedded=current_gateway().settings.embedded,
        sample=any(each.id == SAMPLE_CENTER for each in everything),
    )


#: The center whose sample accounts the front page names in embedded mode.
SAMPLE_CENTER = "610902"


@blueprint.get("/centers/<center_id>")
def of_center(center_id: str) -> Response:
    """What one can do at a center."""
    return page("front/center.html", center=center(center_id))


@blueprint.get("/centers/<center_id>/items")
def items(center_id: str) -> Response:
    """The published items of a center, searched by word or department."""
    at = center(center_id)
    answer = ask(
        clients().catalog.ListItems,
        catalog.ListItemsRequest(
            center_id=center_id,
            query=request.args.get("query", "").strip()[:50],
            department_key=request.args.get("department", ""),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    return page(
        "front/items.html",
        center=at,
        departments=department_names(at),
        items=answer.items,
        more=answer.next_cursor,
    )


@blueprint.get("/centers/<center_id>/items/<item_id>")
def guide(center_id: str, item_id: str) -> Response:
    """How an item is done: conditions, materials, limits, fees, steps, results."""
    found = item(item_id)
    if found.center_id != center_id:
        raise NotFound("item_unknown", "没有找到该事项，请重新查询。")
    at = center(center_id)
    names = department_names(at)
    drawn = picture(found.steps, names, found.department_key)
    return page("front/guide.html", center=at, item=found, departments=names, drawn=drawn)
