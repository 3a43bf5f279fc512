"""Import and export of items, in the exchange form of CSV or JSON."""

from __future__ import annotations

from typing import Annotated

from flask import Response, request
from pydantic import Field

from gateway.answers import gives, gives_file, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.errors import Malformed, WrongType
from gateway.models import CenterPath, Query
from gateway.routing import ResourceRoutes
from tongban.catalog.v1 import service_pb2 as pb

api = ResourceRoutes("item_files", "事项导入导出")

#: Media types by the name of the format.
_TYPES = {"csv": "text/csv", "json": "application/json"}
#: An import reads, checks and writes each row.
_IMPORT_SECONDS = 120.0


class ImportQuery(Query):
    """How to import."""

    skip_bad_rows: bool = Field(False, description="有错误行时仍导入其余行；缺省时整个文件都不导入")
    dry_run: bool = Field(False, description="只检查，不导入")
    publish: bool = Field(False, description="导入后直接提交并发布")


class ExportQuery(Query):
    """In which form."""

    format: Annotated[str, Field(pattern=r"^(csv|json)$")] = "json"


@api.post("/centers/<center>/items/import", responses=gives(pb.ImportItemsResponse), takes=tuple(_TYPES.values()))
def import_items(path: CenterPath, query: ImportQuery) -> Response:
    """导入事项（CSV 或 JSON），逐行报告结果。"""
    formats = {media_type: name for name, media_type in _TYPES.items()}
    if request.mimetype not in formats:
        raise WrongType("content_type_unsupported", "请以 text/csv 或 application/json 提交文件内容。")
    content = request.get_data(cache=False)
    if not content:
        raise Malformed("body_missing", "文件是空的，请选择要导入的文件。")
    answer = ask(
        current_gateway().clients.catalog.ImportItems,
        pb.ImportItemsRequest(
            center_id=path.center,
            format=formats[request.mimetype],
            content=content,
            skip_bad_rows=query.skip_bad_rows,
            dry_run=query.dry_run,
            publish=query.publish,
        ),
        timeout=_IMPORT_SECONDS,
    )
    return whole(answer)


@api.get("/centers/<center>/items/export", responses=gives_file(*_TYPES.values()))
def export_items(path: CenterPath, query: ExportQuery) -> Response:
    """导出中心的事项，格式与导入相同。"""
    answer = ask(
        current_gateway().clients.catalog.ExportItems,
        pb.ExportItemsRequest(center_id=path.center, format=query.format),
        timeout=_IMPORT_SECONDS,
    )
    response = Response(answer.content, content_type=f"{_TYPES[query.format]}; charset=utf-8")
    name = f"items-{path.center}.{query.format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
