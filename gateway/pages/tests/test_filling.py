"""An item's situations and form on pages: drawn from the schema, read back as the schema wants it."""

from __future__ import annotations

import orjson
import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Invalid
from tongban.catalog.v1 import checklists_pb2 as situations
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1.service_pb2 import GetItemResponse
from tongban.intake.v1 import messages_pb2 as intake
from tongban.intake.v1 import service_pb2 as rpc

FORM = orjson.dumps(
    {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "title": "店铺名称"},
            "mode": {
                "type": "string",
                "title": "经营方式",
                "oneOf": [{"const": "one", "title": "单店"}, {"const": "many", "title": "连锁"}],
            },
            "seats": {"type": "integer", "title": "座位数"},
            "owners": {
                "type": "array",
                "title": "出资人",
                "minItems": 1,
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "title": "姓名"},
                        "id_number": {"type": "string", "title": "身份证号码", "format": "resident_id"},
                    },
                    "required": ["name"],
                },
            },
        },
        "required": ["shop"],
        "allOf": [
            {
                "if": {"properties": {"mode": {"const": "many"}}, "required": ["mode"]},
                "then": {"properties": {"office": {"type": "string", "title": "总部"}}, "required": ["office"]},
            }
        ],
    }
).decode()
QUESTION = situations.SituationQuestion(
    key="place",
    label="经营场所",
    options=[situations.SituationOption(key="own", label="自有"), situations.SituationOption(key="let", label="租赁")],
)
CHECKLIST = intake.Checklist(
    item_id="i-1",
    item_name="食品经营许可",
    questions=[QUESTION],
    materials=[catalog.Material(key="plan", name="平面图", main=True, standard="A3")],
    form_schema=FORM,
    form_json='{"shop":"样例茶铺"}',
)
SENT = {
    "q-place": "own",
    "form.shop": "样例茶铺",
    "form.mode": "many",
    "form.seats": "12",
    "form.office": "总部",
    "form.owners.0.name": "例云",
    "form.owners.0.id_number": "99010119900101123x",
    "form.owners.1.name": "",
    "form.owners.2.name": "例海",
}
APPLY = "/apply/610902/i-1"


@pytest.fixture(autouse=True)
def asked(site: FakeSite) -> None:
    item = catalog.ServiceItem(id="i-1", center_id="610902", item_version=1, questions=[QUESTION], form_schema=FORM)
    site.answers("GetItem", GetItemResponse(item=item))
    site.answers("GetChecklist", rpc.GetChecklistResponse(checklist=CHECKLIST))


def test_nothing_is_filled_in_before_the_situation_is_known(visitor: Visitor, site: FakeSite) -> None:
    site.answers(
        "GetChecklist", rpc.GetChecklistResponse(checklist=intake.Checklist(questions=[QUESTION], unanswered=["place"]))
    )
    visitor.sign_in_as_citizen()
    _, text = visitor.get(APPLY)
    assert "经营场所" in text
    assert "提交申请" not in text


def test_the_form_is_drawn_with_what_is_known_and_when_a_field_is_asked(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in_as_citizen()
    _, text = visitor.get(f"{APPLY}?q-place=own")
    asked = site.asked_of("GetChecklist")[-1].request
    assert [(each.question, each.option) for each in asked.situation] == [("place", "own")]
    for part in ('value="样例茶铺"', "“经营方式”为“连锁”时填写", "出资人 第 3 项", "A3", 'name="form.owners.2.name"'):
        assert part in text
    assert 'name="form.owners.3.name"' not in text


@pytest.mark.parametrize("address", [APPLY, "/counter/w/tickets/t-1/application"], ids=["online", "window"])
def test_what_was_filled_in_is_sent_as_the_schema_wants_it(visitor: Visitor, site: FakeSite, address: str) -> None:
    if address == APPLY:
        visitor.sign_in_as_citizen()
    else:
        visitor.sign_in("clerk")
    status, _ = visitor.post(address, item="i-1", item_version="1", **SENT)
    assert status == 303
    request = site.asked_of("ReceiveApplication")[0].request
    assert [(each.question, each.option) for each in request.situation] == [("place", "own")]
    assert orjson.loads(request.form_json) == {
        "shop": "样例茶铺",
        "mode": "many",
        "seats": 12,
        "office": "总部",
        "owners": [{"name": "例云", "id_number": "99010119900101123X"}, {"name": "例海"}],
    }


def test_what_is_wrong_stands_beside_its_field_with_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    wrong = Invalid("form_answers_invalid", "“出资人第 1 项 身份证号码”有误。", field="form.owners.0.id_number")
    site.answers("ReceiveApplication", wrong)
    visitor.sign_in_as_citizen()
    status, text = visitor.post(APPLY, **SENT)
    assert status == 422
    assert 'id="form.owners.0.id_number-error"' in text
    assert 'value="例海"' in text
    assert 'id="id_number-error"' not in text
