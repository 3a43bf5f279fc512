"""JSON schemas (2020-12) of what the partner API takes and gives."""

from __future__ import annotations

from typing import Any, Final

_Schema = dict[str, Any]


def _object(description: str, required: list[str], **properties: _Schema) -> _Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _text(description: str, **more: Any) -> _Schema:
    return {"type": "string", "description": description, **more}


def _number(description: str, least: int = 0, most: int = (1 << 53) - 1) -> _Schema:
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def _list(description: str, of: str, most: int, least: int = 0) -> _Schema:
    return {"type": "array", "description": description, "items": _of(of), "minItems": least, "maxItems": most}


def _of(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _base64(description: str) -> _Schema:
    return _text(description, contentEncoding="base64", pattern=_BASE64)


_BASE64: Final = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_SITE: Final = "^[0-9]{6}([0-9]{3}|[0-9]{6})?\\.[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
_KEY: Final = "^[a-z0-9-]{1,20}:[0-9a-f]{16,64}$"
_UUID7: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_TIME: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$"

SCHEMAS: Final[dict[str, _Schema]] = {
    "Digest": _text("SHA-256，小写十六进制。", pattern="^[0-9a-f]{64}$"),
    "Head": _object(
        "一个方向到何处：最后一封的序号，和它规范形式的 SHA-256。还没有任何函时为 0 与 64 个 0。",
        ["sequence", "hash"],
        sequence=_number("序号。"),
        hash=_of("Digest"),
    ),
    "Attachment": _object(
        "随函附件；sha256 与 size 说的是传输的内容。",
        ["sha256", "size", "media_type", "filename"],
        sha256=_of("Digest"),
        size=_number("字节数。", 1),
        media_type=_text("如 application/pdf。", maxLength=255),
        filename=_text("文件名。", maxLength=255),
        sealed_key=_base64("加密附件的内容密钥，封给目的站点；明文传输时为空。"),
        plain_sha256=_text("加密附件明文的 SHA-256；明文传输时为空。", pattern="^([0-9a-f]{64})?$"),
    ),
    "Letter": _object(
        "函：来函站点端到端签名，经手站点不能改动。",
        ["id", "origin", "destination", "type", "type_version", "created_at", "payload", "key_id", "signature"],
        id=_text("UUIDv7，小写。", pattern=_UUID7),
        origin=_text("来函站点。", pattern=_SITE),
        destination=_text("目的站点。", pattern=_SITE),
        type=_text("如 crossing.submitted。", maxLength=64, pattern="^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$"),
        type_version=_number("该类型的版本。", 1, (1 << 31) - 1),
        journey=_text("办事过程编号，贯穿始终。", maxLength=64),
        in_reply_to=_text("所答复的函；没有时为空。"),
        created_at=_text("UTC，毫秒。", pattern=_TIME),
        expires_at={"type": ["string", "null"], "pattern": _TIME, "description": "此后不再投递；空：一直有效。"},
        payload=_base64("内容，形式由类型与版本决定；解码后最多 512 KiB。"),
        attachments=_list("附件清单。", "Attachment", 100),
        key_id=_text("算法与来函站点的密钥。", pattern=_KEY),
        signature=_base64("对函的规范形式的签名。"),
    ),
    "Envelope": _object(
        "封套：函在一条链路一个方向上的位置，由邻站签名。",
        ["link", "from_site", "to_site", "sequence", "previous_hash", "key_id", "signature", "letter"],
        link=_text("链路编号。", format="uuid"),
        from_site=_text("交出的邻站。", pattern=_SITE),
        to_site=_text("接收的邻站。", pattern=_SITE),
        sequence=_number("从 1 起连续。", 1),
        previous_hash=_of("Digest"),
        key_id=_text("算法与邻站的密钥。", pattern=_KEY),
        signature=_base64("对封套的规范形式的签名。"),
        letter=_of("Letter"),
    ),
    "Envelopes": _object("按序号排列的封套。", ["envelopes"], envelopes=_list("封套。", "Envelope", 100)),
    "WantedFile": _object(
        "等待的附件：从第几个字节接着交。",
        ["sha256", "offset", "size"],
        sha256=_of("Digest"),
        offset=_number("已有的字节数。"),
        size=_number("总字节数。", 1),
    ),
    "Received": _object(
        "对方的函已落盘到何处，哪些附件待补。",
        ["received", "wanted"],
        received=_of("Head"),
        wanted=_list("待补附件。", "WantedFile", 100),
    ),
    "Acknowledged": _object("本站记下的确认。", ["acknowledged"], acknowledged=_number("确认到的序号。")),
    "Part": _object(
        "附件收到何处。",
        ["sha256", "offset", "size", "complete"],
        sha256=_of("Digest"),
        offset=_number("从第几个字节接着交。"),
        size=_number("总字节数。", 1),
        complete={"type": "boolean", "description": "是否不再需要：收齐，或已放弃。"},
    ),
    "Stand": _object(
        "双方进度。",
        ["link", "site", "peer", "state", "now", "received", "sent", "acknowledged", "wanted", "limits"],
        link=_text("链路编号。", format="uuid"),
        site=_text("本站。", pattern=_SITE),
        peer=_text("对方，即请求者。", pattern=_SITE),
        state=_text("链路状态。", enum=["proposed", "accepted", "active", "suspended", "revoked"]),
        now=_text("本站时间，供核对时钟。", pattern=_TIME),
        received=_of("Head"),
        sent=_of("Head"),
        acknowledged=_number("对方已确认到的序号。"),
        wanted=_list("待补附件。", "WantedFile", 100),
        limits={
            "type": "object",
            "description": "链路与接口的限额，按名称。",
            "additionalProperties": {"type": "integer"},
        },
    ),
    "TypeRange": _object(
        "一段中某类函件的数目；hash 是依次对每封的序号（8 字节，大端）与摘要（32 字节）求得的 SHA-256。",
        ["type", "count", "hash"],
        type=_text("函件类型。", maxLength=64),
        count=_number("数目。", 1),
        hash=_of("Digest"),
    ),
    "Range": _object(
        "一个方向的一段：有到何处、链头、各类函件的数目与摘要。",
        ["from_site", "first", "last", "head", "types"],
        from_site=_text("写函的一方。", pattern=_SITE),
        first=_number("所问的第一号。", 1),
        last=_number("该段内有到第几号；没有时为 first − 1。"),
        head=_of("Head"),
        types=_list("按类型名排列。", "TypeRange", 1000),
    ),
    "Question": _object(
        "本站核对时要问的。",
        ["id", "wanted", "from_site", "first", "last"],
        id=_text("答复时写明。", maxLength=100),
        wanted=_text("range：该段的数目与摘要；envelopes：该段的封套。", enum=["range", "envelopes"]),
        from_site=_text("关于哪一方写的函。", pattern=_SITE),
        first=_number("第一号。", 1),
        last=_number("最后一号；比 first 小 1 时只问链头。"),
    ),
    "Asking": _object(
        "当前的问题；null：没有要问的。",
        ["question"],
        question={"anyOf": [_of("Question"), {"type": "null"}]},
    ),
    "AskReconciling": _object("提出核对。", [], reason=_text("事由。", maxLength=500)),
    "RangeAnswer": _object(
        "对 range 的答复。",
        ["question", "last", "head", "types"],
        question=_text("问题的 id。", maxLength=100),
        last=_number("该段内有到第几号；没有时为 first − 1。"),
        head=_of("Head"),
        types=_list("各类函件。", "TypeRange", 1000),
    ),
    "EnvelopesAnswer": _object(
        "对 envelopes 的答复：该段内有的封套，可以只是前一部分。",
        ["question", "envelopes"],
        question=_text("问题的 id。", maxLength=100),
        envelopes=_list("封套。", "Envelope", 100),
    ),
    "Heard": _object(
        "下一个问题；null：核对完毕。",
        ["question", "report"],
        question={"anyOf": [_of("Question"), {"type": "null"}]},
        report=_of("Report"),
    ),
    "Report": _object(
        "核对报告，本站所见。",
        ["id", "done", "agrees", "directions"],
        id=_text("编号。"),
        done={"type": "boolean", "description": "是否完毕。"},
        agrees={"type": "boolean", "description": "完毕且无须管理员处理。"},
        directions=_list("各方向。", "ComparedDirection", 2),
    ),
    "ComparedDirection": _object(
        "一个方向的核对结果。",
        ["from_site", "first", "last", "our_head", "their_head", "types", "differing", "mended", "differences"],
        from_site=_text("写函的一方。", pattern=_SITE),
        first=_number("从第几号。", 1),
        last=_number("到第几号。"),
        our_head=_number("本站的链头。"),
        their_head=_number("对方的链头。"),
        types={"type": "array", "items": {"type": "object"}, "description": "各类函件双方的数目：type、ours、theirs。"},
        differing=_number("不一致的号数。"),
        mended=_number("其中已取回的。"),
        differences={
            "type": "array",
            "items": {"type": "object"},
            "description": "最多 100 项：sequence、difference（fetched、missing_here、missing_there、different、adopted、"
            "damaged_here）、双方的摘要 ours、theirs。",
        },
    ),
    "Card": _object(
        "站点名片文件，与线下交换的相同：protobuf tongban.relay.v1.SiteCard 的 JSON 形式。",
        ["site_card"],
        site_card={"type": "object", "description": "名片，附其密钥（和根密钥）的签名。"},
    ),
    "CardTaken": _object(
        "今后以此名片为准。",
        ["site", "serial", "fingerprint"],
        site=_text("站点。", pattern=_SITE),
        serial=_number("名片编号。", 1),
        fingerprint=_text("指纹。"),
    ),
    "Problem": {
        "type": "object",
        "description": "RFC 9457 问题文档。",
        "properties": {
            "type": _text("urn:tongban:problem:<code>。"),
            "title": _text("类别。"),
            "status": _number("HTTP 状态码。", 400, 599),
            "detail": _text("哪里不对、该怎么办。"),
            "code": _text("稳定的代码，供程序判断。", pattern="^[a-z][a-z0-9_]*$"),
            "instance": _text("请求的路径。"),
            "retryable": {"type": "boolean", "description": "同样的请求稍后重试是否可能成功。"},
            "details": {"type": "object", "additionalProperties": {"type": "string"}, "description": "细节。"},
            "received": _of("Head"),
        },
        "required": ["type", "title", "status", "detail", "code", "instance", "retryable", "details"],
    },
}

RESPONSES: Final[dict[str, _Schema]] = {
    "Problem": {
        "description": "未做任何改动（寄函时见 received），原因见 code。",
        "content": {"application/problem+json": {"schema": _of("Problem")}},
    }
}
