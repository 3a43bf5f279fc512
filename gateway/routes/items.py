"""Service items (实施清单): reading, drafting, review, publication."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    Line,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Query,
    Reason,
    Said,
    Stated,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import routes_pb2
from tongban.catalog.v1 import service_pb2 as pb

api = ResourceRoutes("items", "事项")


class LimitBody(Body):
    """A time limit."""

    amount: Annotated[int, Field(ge=0, le=3660)]
    unit: Annotated[str, OneOf(messages.LimitUnit)]
    basis: Line = ""


class SituationBody(Body):
    """Holds where a question of the item has one of these answers."""

    question: Key
    options: Annotated[list[Key], Field(min_length=1, max_length=30)]


class OptionBody(Body):
    """One answer to a question."""

    key: Key
    label: Said


class QuestionBody(Body):
    """What the applicant is asked, so that only what their situation needs is wanted."""

    key: Key
    label: Said
    options: Annotated[list[OptionBody], Field(min_length=2, max_length=30)]


class CommitmentBody(Body):
    """What the letter of notice and commitment says."""

    laws: Stated
    conditions: Stated
    consequences: Stated
    supervision: Stated
    breach: Stated
    remedies: Stated
    correction_days: Annotated[int, Field(ge=1, le=365, description="整改工作日数")]
    verification_days: Annotated[int, Field(ge=1, le=365, description="核查工作日数")]
    waived: Annotated[list[Key], Field(max_length=100, description="承诺后免交的材料")] = Field(default_factory=list)


class MaterialBody(Body):
    """A paper that the applicant hands in."""

    key: Key
    name: Said
    source: Annotated[str, Field(pattern=r"^(applicant|government|third_party)$")]
    form: Annotated[str, Field(pattern=r"^(original|copy|electronic|original_and_copy)$")]
    main: bool
    copies: Annotated[int, Field(ge=0, le=100)] = 0
    note: Line = ""
    when: Annotated[list[SituationBody], Field(max_length=10, description="全部满足时才需要；缺省为总是需要")] = Field(
        default_factory=list
    )
    sample: Annotated[str, Field(max_length=1000, description="示范文本或填写说明")] = ""
    standard: Annotated[str, Field(max_length=1000, description="形式要求，如 A3、加盖公章")] = ""
    obtained: Annotated[
        str, Field(pattern=r"^(hand_in|reuse|library)?$", description="提交、复用已交的，或取自证照库")
    ] = ""
    trust: Annotated[str, Field(pattern=r"^[A-D]?$", description="最低可信等级")] = ""
    deferrable: Annotated[bool, Field(description="次要材料可以容缺后补")] = False


class ElsewherePlaceBody(Body):
    """A department of a center of another site."""

    site: Annotated[Key, Field(description="站点编号，如 610900.ankang；parent 为本中心设置的上级站点")]
    center_id: Annotated[str, Field(max_length=64)] = ""
    department_key: Annotated[str, Field(max_length=64)] = ""
    days: Annotated[int, Field(ge=0, le=365, description="办理工作日数；上报件为 0 时按上级的期限")] = 0
    title: Line = ""


class ElsewhereBody(Body):
    """Where a step is done that isn't done here."""

    kind: Annotated[str, OneOf(messages.ElsewhereKind)]
    places: Annotated[list[ElsewherePlaceBody], Field(min_length=1, max_length=30)]


class ConditionBody(Body):
    """That the application's form answers a field with one of these."""

    field: Key
    values: Annotated[list[Said], Field(min_length=1, max_length=50)]


class StepBody(Body):
    """A step of the approval, or one that other sites do."""

    key: Key
    name: Said
    role: Annotated[str, Field(pattern=r"^(reviewer|approver|chief)?$", description="由其他站点办理的环节为空")]
    department_key: Annotated[str, Field(max_length=64)] = ""
    elsewhere: ElsewhereBody | None = None
    kind: Annotated[str, OneOf(routes_pb2.StepKind)] = "review"
    after: Annotated[
        list[Key], Field(max_length=30, description="前置环节键；start 为受理；缺省为列表中的上一环节")
    ] = Field(default_factory=list)
    when: Annotated[list[ConditionBody], Field(max_length=10, description="全部满足时才经过本环节")] = Field(
        default_factory=list
    )
    days: Annotated[int, Field(ge=0, le=365, description="本环节办理工作日数；0 为不单独计时")] = 0
    signers: Annotated[int, Field(ge=0, le=20, description="除办理人外须签署的人数")] = 0
    sign_departments: Annotated[list[Key], Field(max_length=20, description="会签部门")] = Field(default_factory=list)
    notice_days: Annotated[int, Field(ge=0, le=365, description="公示天数")] = 0


class FeeBody(Body):
    """A fee with its basis."""

    name: Said
    amount: Annotated[Line, Field(description="标准，文字")]
    basis: Line
    price_fen: Annotated[int, Field(ge=0, le=10_000_000_000, description="单价，分；0 为不由中心收取")] = 0
    unit: Annotated[Line, Field(description="计量单位；空为每件一次")] = ""


class ResultBody(Body):
    """What the applicant gets."""

    name: Said
    kind: Annotated[str, Field(pattern=r"^(licence|approval|certificate|registration|other)$")]
    validity: Line = ""
    valid_months: Annotated[int, Field(ge=0, le=1200, description="有效月数；0 为长期有效或不详")] = 0
    renewal_days: Annotated[
        int, Field(ge=0, le=366, description="须在届满前多少日申请延续（许可法第五十条）；0 为按中心设置")
    ] = 0
    renewal_field: Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^([A-Za-z0-9][A-Za-z0-9._:-]*)?$",
            description="表单中填写被延续证照编号的字段；不是延续事项的为空",
        ),
    ] = ""


class ItemBody(Body):
    """A version of an item, as it is drafted."""

    name: Said
    basic_code: Annotated[str, Field(max_length=40)] = ""
    implementation_code: Annotated[str, Field(max_length=64)] = ""
    coding_scheme: Annotated[str, Field(pattern=r"^(national|free)$")] = "national"
    type_code: Annotated[str, Field(max_length=20)] = ""
    kind: Annotated[str, OneOf(messages.ItemKind)]
    cooperation: Annotated[str, OneOf(messages.Cooperation)] = "single"
    statutory_limit: LimitBody | None = None
    promised_limit: LimitBody | None = None
    extension_limit: LimitBody | None = None
    department_key: Key
    lane: Annotated[str, Field(max_length=64)] = ""
    materials: Annotated[list[MaterialBody], Field(max_length=100)] = Field(default_factory=list)
    fees: Annotated[list[FeeBody], Field(max_length=50)] = Field(default_factory=list)
    special_procedures: Annotated[list[Said], Field(max_length=20)] = Field(default_factory=list)
    steps: Annotated[list[StepBody], Field(max_length=30)] = Field(default_factory=list)
    results: Annotated[list[ResultBody], Field(max_length=20)] = Field(default_factory=list)
    audience: Annotated[list[Said], Field(max_length=50)] = Field(default_factory=list)
    keywords: Annotated[list[Said], Field(max_length=50)] = Field(default_factory=list)
    source_note: Paragraph = ""
    assumptions: Annotated[list[Said], Field(max_length=100)] = Field(default_factory=list)
    fee_note: Line = ""
    merge_rule: Annotated[str, OneOf(routes_pb2.MergeRule)] = "all"
    questions: Annotated[list[QuestionBody], Field(max_length=20)] = Field(default_factory=list)
    form_schema: Annotated[str, Field(max_length=65536, description="申请表，JSON Schema")] = ""
    commitment: CommitmentBody | None = None


class ItemsQuery(Paging):
    """Which items."""

    state: Omittable[Annotated[str, OneOf(messages.ItemState)]] = Field(None, description="缺省为已发布")
    query: Line = Field("", description="名称、关键词或编码中的字词")
    department: str = Field("", max_length=64, description="部门代号")


class VersionQuery(Query):
    """Which version."""

    version: int = Field(0, ge=0, le=1_000_000, description="事项版本；缺省为已发布的版本")


class CenterItemPath(CenterPath, IdPath):
    """An item of a center."""


class VersionPath(IdPath):
    """A version of an item."""

    version: int = Field(ge=1, le=1_000_000, description="事项版本")


@api.get("/centers/<center>/items", responses=gives_page(messages.ServiceItem))
def list_items(path: CenterPath, query: ItemsQuery) -> Response:
    """中心的事项；未登录者只见已发布的。"""
    request = build(
        pb.ListItemsRequest,
        center_id=path.center,
        state=query.state,
        query=query.query,
        department_key=query.department,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.catalog.ListItems, request)
    return page(answer.items, answer.next_cursor)


@api.get("/items/<id>", responses=gives(messages.ServiceItem))
def get_item(path: IdPath, query: VersionQuery) -> Response:
    """一个事项（办事指南）：已发布的版本，或指定的版本。"""
    request = pb.GetItemRequest(item_id=path.id, item_version=query.version)
    return resource(ask(current_gateway().clients.catalog.GetItem, request).item)


@api.post("/centers/<center>/items", responses=gives(messages.ServiceItem, 201))
def draft_item(path: CenterPath, header: Creating, body: ItemBody) -> Response:
    """起草一个新事项。"""
    item = build(messages.ServiceItem, body, center_id=path.center)
    answer = ask(
        current_gateway().clients.catalog.DraftItem,
        pb.DraftItemRequest(item=item),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.item, 201, location=f"/api/v1/items/{answer.item.id}?version={answer.item.item_version}")


@api.post("/centers/<center>/items/check", responses=gives(pb.CheckItemResponse))
def check_item(path: CenterPath, body: ItemBody) -> Response:
    """核对一个事项能否发布：环节有无循环、断头、缺少角色，期限是否相符等；不保存。"""
    request = pb.CheckItemRequest(item=build(messages.ServiceItem, body, center_id=path.center))
    return whole(ask(current_gateway().clients.catalog.CheckItem, request))


@api.put("/centers/<center>/items/<id>/draft", responses=gives(messages.ServiceItem))
def edit_draft(path: CenterItemPath, header: Editing, body: ItemBody) -> Response:
    """修改事项的草稿；没有草稿时由此产生新版本的草稿。"""
    item = build(messages.ServiceItem, body, center_id=path.center, id=path.id)
    request = pb.DraftItemRequest(item=item, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.DraftItem, request).item)


@api.post("/items/<id>/versions/<version>/submit", responses=gives(messages.ServiceItem))
def submit_item(path: VersionPath, header: Editing) -> Response:
    """提交草稿，由中心审核。"""
    request = pb.SubmitItemRequest(item_id=path.id, item_version=path.version, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.SubmitItem, request).item)


@api.post("/items/<id>/versions/<version>/return", responses=gives(messages.ServiceItem))
def return_item(path: VersionPath, header: Editing, body: Reason) -> Response:
    """退回草稿并说明原因。"""
    request = pb.ReturnItemRequest(
        item_id=path.id, item_version=path.version, reason=body.reason, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.catalog.ReturnItem, request).item)


@api.post("/items/<id>/versions/<version>/publish", responses=gives(messages.ServiceItem))
def publish_item(path: VersionPath, header: Editing) -> Response:
    """审核通过并发布。"""
    request = pb.PublishItemRequest(item_id=path.id, item_version=path.version, expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.PublishItem, request).item)


@api.post("/items/<id>/versions/<version>/retire", responses=gives(messages.ServiceItem))
def retire_item(path: VersionPath, header: Editing, body: Reason) -> Response:
    """停用已发布的版本；在办件不受影响。"""
    request = pb.RetireItemRequest(
        item_id=path.id, item_version=path.version, reason=body.reason, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.catalog.RetireItem, request).item)
