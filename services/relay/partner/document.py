"""The partner API's OpenAPI 3.1 document; a golden of it stands in docs/relay/partner-api.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

from services.relay.partner.schemas import RESPONSES, SCHEMAS

_LINK: Final = {
    "name": "link",
    "in": "path",
    "required": True,
    "description": "链路编号（双方批准链路时约定）。",
    "schema": {"type": "string", "format": "uuid"},
}
_FILE: Final = {
    "name": "sha256",
    "in": "path",
    "required": True,
    "description": "附件传输内容的 SHA-256。",
    "schema": {"$ref": "#/components/schemas/Digest"},
}


def _query(name: str, description: str, least: int, most: int, default: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _operation(
    id: str, summary: str, description: str, ok: dict[str, dict[str, Any]], refused: tuple[int, ...], **more: Any
) -> dict[str, Any]:
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in sorted({*refused, 500, 503})}
    return {
        "operationId": id,
        "summary": summary,
        "description": description,
        **more,
        "responses": {**ok, **problems},
    }


def _json(description: str, schema: str) -> dict[str, dict[str, Any]]:
    return {
        "200": {
            "description": description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("Content-Digest", "Signature")},
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
    }


def _bytes(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/octet-stream": {}}}


_SIGNED: Final = (400, 401, 404, 415, 429)

_RANGE: Final = [
    {
        "name": "from_site",
        "in": "query",
        "required": True,
        "description": "写函的一方：本站或对方。",
        "schema": {"type": "string"},
    },
    _query("first", "第一号。", 1, (1 << 53) - 1, 1),
    _query("last", "最后一号；不写即 first。", 0, (1 << 53) - 1, 1),
]

_PATHS: Final = {
    "/partner/v1/openapi.json": {
        "get": {
            "operationId": "document",
            "summary": "本文档",
            "security": [],
            "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
        }
    },
    "/partner/v1/links/{link}": {
        "parameters": [_LINK],
        "get": _operation(
            "stand",
            "双方进度",
            "两个方向各到哪一号、哪些附件待补、链路状态和限额。链路暂停时也可查询。",
            _json("进度", "Stand"),
            _SIGNED,
        ),
    },
    "/partner/v1/links/{link}/envelopes": {
        "parameters": [_LINK],
        "get": _operation(
            "poll",
            "取函",
            "取本站发往对方、序号大于 after 的封套；没有时最多等待 wait 秒。取走不等于确认。",
            _json("封套，按序号", "Envelopes"),
            (*_SIGNED, 403),
            parameters=[
                _query("after", "已有的最后序号。", 0, (1 << 53) - 1, 0),
                _query("limit", "最多几封。", 1, 100, 100),
                _query("wait", "没有新函时等待的秒数。", 0, 30, 0),
            ],
        ),
        "post": _operation(
            "post",
            "寄函",
            "依次收下封套，落盘后答复。某封被拒时，之前的已收下：见问题文档的 received；其后的须重发。重复寄送没有第二次效果。",
            _json("已落盘到何处", "Received"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("Envelopes"),
        ),
    },
    "/partner/v1/links/{link}/acknowledgements": {
        "parameters": [_LINK],
        "post": _operation(
            "acknowledge",
            "确认",
            "确认已落盘到某一封（序号与摘要）。可重复；较早的确认不起作用。",
            _json("确认到何处", "Acknowledged"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("Head"),
        ),
    },
    "/partner/v1/links/{link}/card": {
        "parameters": [_LINK],
        "get": _operation("card", "本站名片", "本站现行的名片。链路暂停时也可查询。", _json("名片", "Card"), _SIGNED),
        "put": _operation(
            "takeCard",
            "交新名片",
            "对方更新的名片：须有原名片上未吊销的密钥或其根密钥的签名；请求可以用新名片上的密钥签名。重复提交没有第二次效果。",
            _json("已登记", "CardTaken"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("Card"),
        ),
    },
    "/partner/v1/links/{link}/ranges": {
        "parameters": [_LINK],
        "get": _operation(
            "ranges",
            "一段的数目与摘要",
            "供核对：一个方向从 first 到 last（最多 1000 号）各类函件的数目与摘要。链路因分叉停止时也可查询。",
            _json("一段", "Range"),
            (*_SIGNED, 403, 422),
            parameters=_RANGE,
        ),
    },
    "/partner/v1/links/{link}/ranges/envelopes": {
        "parameters": [_LINK],
        "get": _operation(
            "kept",
            "一段的封套",
            "本站所存的一个方向从 first 到 last 的封套，一次最多 100 封、约 1 MiB；包括对方自己写的，供其取回丢失的。",
            _json("封套，按序号", "Envelopes"),
            (*_SIGNED, 403, 422),
            parameters=_RANGE,
        ),
    },
    "/partner/v1/links/{link}/reconciliation": {
        "parameters": [_LINK],
        "get": _operation(
            "question",
            "本站核对的问题",
            "每夜一次，或管理员提出时，本站与对方核对；有问题时依次答复，直到为 null。",
            _json("当前的问题", "Asking"),
            (*_SIGNED, 403, 409),
        ),
        "post": _operation(
            "askReconciling",
            "提出核对",
            "请本站从头核对并留存报告；已有未完的核对时即为该次。",
            _json("第一个问题", "Asking"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("AskReconciling"),
        ),
    },
    "/partner/v1/links/{link}/reconciliation/ranges": {
        "parameters": [_LINK],
        "post": _operation(
            "answerRange",
            "答复数目与摘要",
            "答复 wanted 为 range 的问题。",
            _json("下一个问题与报告", "Heard"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("RangeAnswer"),
        ),
    },
    "/partner/v1/links/{link}/reconciliation/envelopes": {
        "parameters": [_LINK],
        "post": _operation(
            "answerEnvelopes",
            "答复封套",
            "答复 wanted 为 envelopes 的问题：本站丢失的自己的函由此取回。",
            _json("下一个问题与报告", "Heard"),
            (*_SIGNED, 403, 409, 413, 422),
            requestBody=_body("EnvelopesAnswer"),
        ),
    },
    "/partner/v1/links/{link}/attachments/{sha256}": {
        "parameters": [_LINK, _FILE],
        "get": _operation(
            "fetch",
            "取附件",
            "取本站函件所列附件的一段；答复可能比所求的短（单段最多 1 MiB），从末尾接着取。",
            {"200": _bytes("整个附件"), "206": _bytes("附件的一段，见 Content-Range")},
            (*_SIGNED, 403, 416),
            parameters=[_header("Range", "如 bytes=1048576-；只支持一段。")],
        ),
        "put": _operation(
            "bring",
            "交附件",
            "交来函所列附件的一段（最多 1 MiB）；已有的部分重交没有第二次效果，答复说明从何处接着交。",
            _json("从何处接着交", "Part"),
            (*_SIGNED, 403, 409, 413, 416, 422),
            parameters=[_header("Content-Range", "如 bytes 0-1048575/5242880。", required=True)],
            requestBody={"required": True, "content": {"application/octet-stream": {}}},
        ),
    },
}

OPENAPI: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "通办站点互联接口",
        "version": "1",
        "description": (
            "两个站点之间收发函件的 HTTPS 接口。每个请求按 RFC 9421 签名（ed25519，tag=tongban-partner，覆盖 @method、"
            "@target-uri，有内容时还须覆盖 content-type、content-digest），内容摘要按 RFC 9530；答复同样签名。"
            "错误为 RFC 9457 问题文档，code 稳定不变。指南：docs/relay/partner-guide.zh-CN.md。"
        ),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
    "security": [{"signature": []}],
    "paths": _PATHS,
    "components": {
        "securitySchemes": {
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "Signature",
                "description": "与 Signature-Input 一起：RFC 9421 签名，见指南。",
            }
        },
        "headers": {
            "Content-Digest": {"description": "RFC 9530。", "schema": {"type": "string"}},
            "Signature": {"description": "RFC 9421，与 Signature-Input 一起。", "schema": {"type": "string"}},
        },
        "responses": RESPONSES,
        "schemas": SCHEMAS,
    },
}

DOCUMENT: Final = orjson.dumps(OPENAPI)


def main() -> None:
    """Writes the golden."""
    golden = Path("docs/relay/partner-api.json")
    golden.write_bytes(orjson.dumps(OPENAPI, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
