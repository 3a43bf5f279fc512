"""Proto to use case and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.call import current_call
from kit.clock import from_ms
from kit.errors import Invalid
from reference.protos import plain
from services.catalog import queries
from services.catalog.domain.items import Item, ItemVersion
from services.catalog.domain.publication import Finding
from services.catalog.events import messages
from services.catalog.events.seals import seal_message
from services.catalog.handlers import (
    Catalog,
    check_item,
    draft_item,
    export_items,
    import_items,
    publish_item,
    put_calendar,
    put_center,
    retire_item,
    return_item,
    seals,
    set_policy,
    submit_item,
)
from services.catalog.queries import Shown
from tongban.catalog.v1 import messages_pb2 as pb
from tongban.catalog.v1 import seals_pb2, service_pb2_grpc
from tongban.catalog.v1 import service_pb2 as rpc


class CatalogApi(service_pb2_grpc.CatalogServiceServicer):
    """Serves catalog's RPCs."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    # ── Centers ──────────────────────────────────────────────────────────────────────────────────────────────

    def ListCenters(self, request: rpc.ListCentersRequest, context: Any) -> rpc.ListCentersResponse:
        found = queries.list_centers(catalog=self._catalog)
        return rpc.ListCentersResponse(centers=map(messages.center_message, found))

    def GetCenter(self, request: rpc.GetCenterRequest, context: Any) -> rpc.GetCenterResponse:
        center = queries.get_center(catalog=self._catalog, center_id=request.center_id)
        return rpc.GetCenterResponse(center=messages.center_message(center))

    def PutCenter(self, request: rpc.PutCenterRequest, context: Any) -> rpc.PutCenterResponse:
        center = put_center(
            catalog=self._catalog,
            call=current_call(),
            center=messages.center_of(request.center),
            expected_version=request.expected_version,
        )
        return rpc.PutCenterResponse(center=messages.center_message(center))

    # ── Items ────────────────────────────────────────────────────────────────────────────────────────────────

    def ListItems(self, request: rpc.ListItemsRequest, context: Any) -> rpc.ListItemsResponse:
        page = queries.list_items(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            state=messages.state_of(request.state),
            text=request.query,
            department_key=request.department_key,
            limit=request.limit,
            cursor=request.cursor,
        )
        return rpc.ListItemsResponse(items=map(_shown, page.items), next_cursor=page.cursor)

    def GetItem(self, request: rpc.GetItemRequest, context: Any) -> rpc.GetItemResponse:
        shown = queries.get_item(
            catalog=self._catalog, call=current_call(), item_id=request.item_id, number=request.item_version
        )
        return rpc.GetItemResponse(item=_shown(shown))

    def DraftItem(self, request: rpc.DraftItemRequest, context: Any) -> rpc.DraftItemResponse:
        item = draft_item(
            catalog=self._catalog,
            call=current_call(),
            item_id=request.item.id,
            center_id=request.item.center_id,
            guide=messages.guide_of(request.item),
            expected_version=request.expected_version,
        )
        return rpc.DraftItemResponse(item=_message(item, item.latest))

    def CheckItem(self, request: rpc.CheckItemRequest, context: Any) -> rpc.CheckItemResponse:
        problems, warnings = check_item(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.item.center_id,
            guide=messages.guide_of(request.item),
        )
        return rpc.CheckItemResponse(problems=map(_finding, problems), warnings=map(_finding, warnings))

    def SubmitItem(self, request: rpc.SubmitItemRequest, context: Any) -> rpc.SubmitItemResponse:
        item = submit_item(
            catalog=self._catalog,
            call=current_call(),
            item_id=request.item_id,
            number=request.item_version,
            expected_version=request.expected_version,
        )
        return rpc.SubmitItemResponse(item=_message(item, item.latest))

    def ReturnItem(self, request: rpc.ReturnItemRequest, context: Any) -> rpc.ReturnItemResponse:
        item = return_item(
            catalog=self._catalog,
            call=current_call(),
            item_id=request.item_id,
            number=request.item_version,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return rpc.ReturnItemResponse(item=_message(item, item.latest))

    def PublishItem(self, request: rpc.PublishItemRequest, context: Any) -> rpc.PublishItemResponse:
        item = publish_item(
            catalog=self._catalog,
            call=current_call(),
            item_id=request.item_id,
            number=request.item_version,
            expected_version=request.expected_version,
        )
        return rpc.PublishItemResponse(item=_message(item, item.latest))

    def RetireItem(self, request: rpc.RetireItemRequest, context: Any) -> rpc.RetireItemResponse:
        item = retire_item(
            catalog=self._catalog,
            call=current_call(),
            item_id=request.item_id,
            number=request.item_version,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return rpc.RetireItemResponse(item=_message(item, item.former or item.latest))

    def ImportItems(self, request: rpc.ImportItemsRequest, context: Any) -> rpc.ImportItemsResponse:
        report = import_items(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            format=request.format,
            content=request.content,
            skip_bad_rows=request.skip_bad_rows,
            dry_run=request.dry_run,
            publish=request.publish,
        )
        rows = [
            rpc.ImportRow(
                row=row.row,
                name=row.name,
                outcome=row.outcome,
                item_id=row.item_id,
                problems=row.problems,
                warnings=row.warnings,
            )
            for row in report.rows
        ]
        return rpc.ImportItemsResponse(rows=rows, imported=report.imported, bad=report.bad, applied=report.applied)

    def ExportItems(self, request: rpc.ExportItemsRequest, context: Any) -> rpc.ExportItemsResponse:
        content, count = export_items(
            catalog=self._catalog, call=current_call(), center_id=request.center_id, format=request.format
        )
        return rpc.ExportItemsResponse(content=content, items=count)

    # ── Policy and calendar ──────────────────────────────────────────────────────────────────────────────────

    def GetPolicy(self, request: rpc.GetPolicyRequest, context: Any) -> rpc.GetPolicyResponse:
        own, found = queries.get_policy(catalog=self._catalog, call=current_call(), center_id=request.center_id)
        return rpc.GetPolicyResponse(policy=messages.policy_message(own.id, found, own.version))

    def SetPolicy(self, request: rpc.SetPolicyRequest, context: Any) -> rpc.SetPolicyResponse:
        policy = set_policy(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            key=request.key,
            value=plain(request.value) if request.HasField("value") else None,
            expected_version=request.expected_version,
        )
        return rpc.SetPolicyResponse(policy=messages.policy_message(policy.id, policy.told, policy.version))

    def GetCalendar(self, request: rpc.GetCalendarRequest, context: Any) -> rpc.GetCalendarResponse:
        own, calendar = queries.get_calendar(catalog=self._catalog, center_id=request.center_id)
        return rpc.GetCalendarResponse(
            calendar=messages.calendar_message(own.id, calendar, own.version), own=messages.struct(own.own)
        )

    def PutCalendar(self, request: rpc.PutCalendarRequest, context: Any) -> rpc.PutCalendarResponse:
        put_calendar(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            own=plain(request.own),
            expected_version=request.expected_version,
        )
        own, calendar = queries.get_calendar(catalog=self._catalog, center_id=request.center_id)
        return rpc.PutCalendarResponse(calendar=messages.calendar_message(own.id, calendar, own.version))

    def ComputeDeadline(self, request: rpc.ComputeDeadlineRequest, context: Any) -> rpc.ComputeDeadlineResponse:
        deadline = queries.compute_deadline(
            catalog=self._catalog,
            center_id=request.center_id,
            start_at=_instant(request),
            limit=messages.limit_of(request.limit),
        )
        return rpc.ComputeDeadlineResponse(deadline=messages.deadline_message(deadline))

    # ── Seals ────────────────────────────────────────────────────────────────────────────────────────────────

    def RegisterSeal(self, request: seals_pb2.RegisterSealRequest, context: Any) -> seals_pb2.RegisterSealResponse:
        seal = seals.register_seal(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            department_key=request.department_key,
            name=request.name,
            kinds=tuple(request.kinds),
            roles=tuple(request.roles),
            image=request.image,
        )
        return seals_pb2.RegisterSealResponse(seal=seal_message(seal, picture=False))

    def WithdrawSeal(self, request: seals_pb2.WithdrawSealRequest, context: Any) -> seals_pb2.WithdrawSealResponse:
        seal = seals.withdraw_seal(
            catalog=self._catalog,
            call=current_call(),
            seal_id=request.seal_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return seals_pb2.WithdrawSealResponse(seal=seal_message(seal, picture=False))

    def GetSeal(self, request: seals_pb2.GetSealRequest, context: Any) -> seals_pb2.GetSealResponse:
        seal = seals.get_seal(catalog=self._catalog, call=current_call(), seal_id=request.seal_id)
        return seals_pb2.GetSealResponse(seal=seal_message(seal))

    def ListSeals(self, request: seals_pb2.ListSealsRequest, context: Any) -> seals_pb2.ListSealsResponse:
        found = seals.list_seals(
            catalog=self._catalog,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        listed = [seal_message(seal, picture=False) for seal in found.items]
        return seals_pb2.ListSealsResponse(seals=listed, next_cursor=found.cursor)


def _finding(found: Finding) -> rpc.ItemFinding:
    return rpc.ItemFinding(code=found.code, message=found.message)


def _instant(request: rpc.ComputeDeadlineRequest) -> datetime:
    try:
        if request.HasField("start_at"):
            return from_ms(request.start_at.ToMilliseconds())
    except ValueError:
        pass
    raise Invalid("start_at_invalid", "请提供公元 1 年至 9999 年之间的起算时间。", field="start_at")


def _shown(shown: Shown) -> pb.ServiceItem:
    return _message(shown.item, shown.content)


def _message(item: Item, content: ItemVersion) -> pb.ServiceItem:
    return messages.item_message(item.id, item.center_id, content, item.version)
