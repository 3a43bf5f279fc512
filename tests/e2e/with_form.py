"""An item that asks for a situation and has a form, published for the sample morning."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.running_site import CENTER, RunningSite, until

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "shop": {"type": "string", "title": "店铺名称", "maxLength": 40},
        "mode": {
            "type": "string",
            "title": "经营方式",
            "oneOf": [{"const": "one", "title": "单店"}, {"const": "chain", "title": "连锁"}],
        },
        "seats": {"type": "integer", "title": "座位数", "minimum": 0, "description": "没有座位的填 0"},
        "opens": {"type": "string", "title": "计划开业日期", "format": "date"},
        "owners": {
            "type": "array",
            "title": "出资人",
            "minItems": 1,
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "title": "姓名"},
                    "id_number": {"type": "string", "title": "身份证号码", "format": "resident_id"},
                },
                "required": ["name", "id_number"],
            },
        },
    },
    "required": ["shop", "mode", "owners"],
    "allOf": [
        {
            "if": {"properties": {"mode": {"const": "chain"}}, "required": ["mode"]},
            "then": {
                "properties": {"office": {"type": "string", "title": "总部信用代码", "format": "credit_code"}},
                "required": ["office"],
            },
        }
    ],
}
PLACE = {
    "key": "place",
    "label": "经营场所是",
    "options": [{"key": "own", "label": "自有的"}, {"key": "let", "label": "租赁的"}],
}


def item_with_form(site: RunningSite) -> str:
    """The id of such an item, once it may be applied for."""
    manager = site.person("hb-manager-01")
    material = {"source": "applicant", "form": "copy", "copies": 1, "standard": "A4，加盖公章"}
    item = manager.post(
        f"/centers/{CENTER}/items",
        name="样例饮品店备案",
        coding_scheme="free",
        implementation_code="with-form-1",
        type_code="01",
        kind="promised",
        department_key="xinwen-chuban",
        promised_limit={"amount": 5, "unit": "working_day"},
        questions=[PLACE],
        materials=[
            {"key": "form", "name": "申请书", "main": True, **material},
            {
                "key": "lease",
                "name": "租赁合同",
                "main": True,
                "when": [{"question": "place", "options": ["let"]}],
                **material,
            },
            {"key": "plan", "name": "平面图", "main": False, "deferrable": True, "sample": "见窗口样表", **material},
        ],
        steps=[{"key": "decide", "name": "决定", "role": "approver"}],
        form_schema=json.dumps(FORM, ensure_ascii=False),
    )
    version = f"/items/{item['id']}/versions/1"
    manager.post(f"{version}/submit")
    manager.post(f"{version}/publish")
    checklist = f"/centers/{CENTER}/items/{item['id']}/checklist"
    until(lambda: site.public().find(checklist), "the checklist of a published item")
    return str(item["id"])
