"""Lines to other sites (站点互联), for those who operate this one: what waits, what was set aside."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import Responses, gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, IdPath, Paging, Query
from gateway.routing import ResourceRoutes
from tongban.relay.v1 import links_pb2 as links
from tongban.relay.v1 import operating_pb2 as messages
from tongban.relay.v1 import reconcile_pb2 as reconciling
from tongban.relay.v1 import service_pb2 as pb

api = ResourceRoutes("relay", "站点互联")

_ASIDE: Responses = gives(messages.LetterAside)


class QueueQuery(Query):
    """From where on, and how many."""

    after: Annotated[int, Field(ge=0, lt=1 << 53, description="只列此序号之后的")] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Why(Body):
    """Why; kept in the register of letters."""

    reason: Annotated[str, Field(min_length=2, max_length=200, description="理由，记入登记簿")]


@api.get("/relay/links", responses=gives(pb.ListTrafficResponse))
def list_traffic() -> Response:
    """各链路的进度：待对方收取、已收、最近联络、是否停止。"""
    return whole(ask(current_gateway().clients.relay.ListTraffic, pb.ListTrafficRequest()))


class NeighboursQuery(Query):
    """Whose names are wanted besides."""

    also: Annotated[str, Field(max_length=6000, description="另需名称的站点编号，用逗号分隔")] = ""


@api.get("/relay/sites", responses=gives(links.ListNeighboursResponse))
def list_neighbours(query: NeighboursQuery) -> Response:
    """本站点及已建立链路的站点的编号、名称和关系，供选择和显示。"""
    request = links.ListNeighboursRequest(also=[each for each in query.also.split(",") if each])
    return whole(ask(current_gateway().clients.relay.ListNeighbours, request))


@api.get("/relay/links/<id>/queue", responses=gives_page(messages.QueuedLetter))
def list_queue(path: IdPath, query: QueueQuery) -> Response:
    """链路上对方尚未收取的函件，最早的在前；不含内容。"""
    request = pb.ListQueueRequest(link_id=path.id, after=query.after, limit=query.limit)
    return page(ask(current_gateway().clients.relay.ListQueue, request).letters)


@api.get("/relay/letters-aside", responses=gives_page(messages.LetterAside))
def list_letters_aside(query: Paging) -> Response:
    """被搁置、等待处理的函件及原因；不含内容。"""
    request = pb.ListLettersAsideRequest(limit=query.limit, cursor=query.cursor)
    found = ask(current_gateway().clients.relay.ListLettersAside, request)
    return page(found.letters, found.next_cursor)


@api.post("/relay/letters-aside/<id>/resend", responses=_ASIDE)
def resend_letter(path: IdPath, body: Why) -> Response:
    """排除原因后重新转交。"""
    request = pb.ResendLetterRequest(letter_id=path.id, reason=body.reason)
    return resource(ask(current_gateway().clients.relay.ResendLetter, request).letter)


@api.post("/relay/letters-aside/<id>/refuse", responses=_ASIDE)
def refuse_letter(path: IdPath, body: Why) -> Response:
    """拒绝，并将理由告知来函站点。"""
    request = pb.RefuseLetterRequest(letter_id=path.id, reason=body.reason)
    return resource(ask(current_gateway().clients.relay.RefuseLetter, request).letter)


class Reconciling(Body):
    """How both ends are to be compared."""

    adopt: bool = Field(False, description="对方有本站更早的内容时，收回本站后来写的，按对方的为准")
    reason: Annotated[str, Field(max_length=200, description="理由；adopt 为 true 时必填")] = ""


@api.post("/relay/links/<id>/reconcile", responses=gives(reconciling.ReconcileReport))
def reconcile_link(path: IdPath, body: Reconciling) -> Response:
    """与对方逐段核对链路；线路接通即开始，结果见核对报告。"""
    request = pb.ReconcileLinkRequest(link_id=path.id, adopt=body.adopt, reason=body.reason)
    return resource(ask(current_gateway().clients.relay.ReconcileLink, request).report)


@api.get("/relay/links/<id>/reconcile-reports", responses=gives_page(reconciling.ReconcileReport))
def list_reconcile_reports(path: IdPath, query: Paging) -> Response:
    """链路的核对报告，最近的在前。"""
    request = pb.ListReconcileReportsRequest(link_id=path.id, limit=query.limit, cursor=query.cursor)
    found = ask(current_gateway().clients.relay.ListReconcileReports, request)
    return page(found.reports, found.next_cursor)


@api.get("/relay/routes", responses=gives_page(reconciling.Route))
def list_routes(query: Paging) -> Response:
    """发往各站点、各区划的函件走哪条链路。"""
    found = ask(
        current_gateway().clients.relay.ListRoutes, pb.ListRoutesRequest(limit=query.limit, cursor=query.cursor)
    )
    return page(found.routes, found.next_cursor)
