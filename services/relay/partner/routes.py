"""What the partner API does: post, poll, acknowledge, files, and where both ends stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kit.actor import Actor
from kit.call import Call
from kit.clock import Clock
from kit.errors import TongbanError
from services.relay.partner.api import ROOT, Act, Route
from services.relay.partner.digests import sha256_field
from services.relay.partner.document import DOCUMENT
from services.relay.partner.exchange import (
    BYTES,
    JSON,
    Answer,
    Asked,
    Malformed,
    RangeRefused,
    WrongType,
    answered,
    problem,
)
from services.relay.partner.gate import Gate
from services.relay.partner.port import Line, Office, Verify, WantedFile
from services.relay.partner.waiting import Waits
from services.relay.partner.wire import BATCH, Json, envelope_json, head_json, read_envelopes, read_head, time_text

#: Of one answer's envelopes together, before base64, in bytes.
MAX_ANSWER: Final = 2 * 1024 * 1024
#: How long a poll may wait, in seconds: below what proxies give up after.
MAX_WAIT: Final = 30
#: The largest part of a file in one request, either way, in bytes.
MAX_PART: Final = 1024 * 1024

LINK: Final = r"(?P<link>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_FILE: Final = r"(?P<sha256>[0-9a-f]{64})"
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_RANGE: Final = re.compile(r"bytes=(\d{1,15})-(\d{0,15})", re.ASCII)


@dataclass(frozen=True)
class Counter:
    """Where partners are served; each method answers one request."""

    office: Office
    gate: Gate
    clock: Clock
    actor: Actor
    waits: Waits

    def routes(self) -> Sequence[Route]:
        """Every address."""
        link = f"{ROOT}/links/{LINK}"
        return (
            route(f"{ROOT}/openapi.json", GET=self.document),
            route(link, GET=self.stand),
            route(f"{link}/envelopes", GET=self.poll, POST=self.post),
            route(f"{link}/acknowledgements", POST=self.acknowledge),
            route(f"{link}/attachments/{_FILE}", GET=self.fetch, PUT=self.bring),
        )

    # ── Open ─────────────────────────────────────────────────────────────────────────────────────────────────

    def document(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """The OpenAPI document."""
        asked.parameters()
        return Answer(200, DOCUMENT)

    # ── Envelopes ────────────────────────────────────────────────────────────────────────────────────────────

    def stand(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """Where both ends of a link stand; also while no letter may travel on it."""
        call, line = self.admit(asked, parts, active=False)
        asked.parameters()
        heads = self.office.heads(line)
        return answered(
            {
                "link": line.id,
                "site": self.office.site,
                "peer": line.peer,
                "state": line.state,
                "now": time_text(call.now),
                "received": head_json(heads.received),
                "sent": head_json(heads.sent),
                "acknowledged": heads.acknowledged,
                "wanted": [_wanted_json(each) for each in self.office.wanted(line, BATCH)],
                "limits": {
                    **line.limits,
                    "max_envelopes": BATCH,
                    "max_part_bytes": MAX_PART,
                    "max_wait_seconds": MAX_WAIT,
                },
            }
        )

    def post(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """Takes envelopes. What stands before one that is refused is taken; the problem says how far."""
        call, line = self.admit(asked, parts, JSON)
        asked.parameters()
        envelopes = read_envelopes(asked.content)
        try:
            head = self.office.receive(call, line, envelopes)
        except TongbanError as error:
            if error.status >= 500:
                raise
            return problem(error, asked.path, received=head_json(self.office.heads(line).received))
        wanted = self.office.wanted(line, BATCH)
        return answered({"received": head_json(head), "wanted": [_wanted_json(each) for each in wanted]})

    def poll(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """What follows ``after``; waits for it up to ``wait`` seconds."""
        _, line = self.admit(asked, parts)
        given = asked.parameters("after", "limit", "wait")
        after = number_of(given, "after", 0, (1 << 53) - 1)
        limit = number_of(given, "limit", BATCH, BATCH, least=1)
        wait = number_of(given, "wait", 0, MAX_WAIT)
        found = self.waits.until(wait, lambda: self.office.next_envelopes(line, after, limit, MAX_ANSWER))
        return answered({"envelopes": [envelope_json(each) for each in found]})

    def acknowledge(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """The neighbour has everything up to a head, durably."""
        call, line = self.admit(asked, parts, JSON)
        asked.parameters()
        self.office.acknowledged(call, line, read_head(asked.content))
        return answered({"acknowledged": self.office.heads(line).acknowledged})

    # ── Files ────────────────────────────────────────────────────────────────────────────────────────────────

    def bring(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """Keeps a part of a file that a letter named; says where to go on."""
        call, line = self.admit(asked, parts, BYTES)
        asked.parameters()
        match = _CONTENT_RANGE.fullmatch(asked.message.fields.get("content-range", ""))
        if match is None:
            raise Malformed("content_range_malformed", "请用 Content-Range 说明分片位置，如 bytes 0-1048575/5242880。")
        first, last, size = (int(each) for each in match.groups())
        if not first <= last < size or last - first + 1 != len(asked.content) or len(asked.content) > MAX_PART:
            raise RangeRefused("content_range_wrong", f"分片位置与内容长度不符，或分片超过 {MAX_PART // 1024} KB。")
        sha256 = parts["sha256"]
        going_on = self.office.take(call, line, sha256, first, asked.content)
        if going_on is None:
            return answered({"sha256": sha256, "offset": size, "size": size, "complete": True})
        return answered({**_wanted_json(going_on), "complete": False})

    def fetch(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """A part of a file that one of our letters named: what ``Range`` asks for, or less."""
        call, line = self.admit(asked, parts)
        asked.parameters()
        sha256 = parts["sha256"]
        size = self.office.offered(line, sha256)
        first, last = _range(asked.message.fields.get("range"), size)
        data = self.office.piece(call, line, sha256, first, min(last - first + 1, MAX_PART))
        fields = {"Accept-Ranges": "bytes", "Repr-Digest": sha256_field(bytes.fromhex(sha256))}
        if len(data) == size:
            return Answer(200, data, BYTES, fields)
        fields["Content-Range"] = f"bytes {first}-{first + len(data) - 1}/{size}"
        return Answer(206, data, BYTES, fields)

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def admit(
        self,
        asked: Asked,
        parts: Mapping[str, str],
        wanted: str = "",
        *,
        active: bool = True,
        verify: Verify | None = None,
    ) -> tuple[Call, Line]:
        """Who asks, with a body of the type that is wanted, or none."""
        call = Call(self.actor, self.clock.now())
        line = self.gate.admit(asked, parts["link"], call.now, verify)
        self.office.heard(call, line)
        if active:
            self.office.require_active(line)
        given = asked.message.fields.get("content-type", "").partition(";")[0].strip().lower()
        if given != wanted:
            says = f" Content-Type: {wanted}" if wanted else "空的请求内容"
            raise WrongType("content_type_unsupported", f"此操作要求{says}。", wanted=wanted)
        return call, line


def route(pattern: str, **acts: Act) -> Route:
    """An address of the API."""
    return Route(re.compile(pattern.replace(".json", r"\.json"), re.ASCII), acts)


def _wanted_json(wanted: WantedFile) -> Json:
    return {"sha256": wanted.sha256, "offset": wanted.offset, "size": wanted.size}


def number_of(given: Mapping[str, str], name: str, default: int, most: int, *, least: int = 0) -> int:
    """A number among the query's parameters. Raises ``Malformed``."""
    text = given.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,16}", text, re.ASCII) or not least <= int(text) <= most:
        raise Malformed("query_malformed", f"查询参数 {name} 应为 {least}～{most} 的整数。", parameter=name)
    return int(text)


def _range(field: str | None, size: int) -> tuple[int, int]:
    """The first and last byte that are asked for."""
    if field is None:
        return 0, size - 1
    match = _RANGE.fullmatch(field)
    if match is None:
        raise RangeRefused("range_unsupported", "Range 只支持一段，如 bytes=0-1048575 或 bytes=1048576-。")
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if first > last or first >= size:
        raise RangeRefused("range_unsatisfiable", f"范围超出文件大小（{size} 字节）。", size=size)
    return first, min(last, size - 1)
