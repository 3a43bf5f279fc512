"""A relay in memory behind the partner API, and a partner that signs."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from kit.actor import service_actor
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from services.relay.domain.card import CardRefused, SiteCard
from services.relay.domain.chain import TypeRange, follow
from services.relay.domain.chain import ranges as type_ranges
from services.relay.domain.comparing import Question, Wanted
from services.relay.domain.envelope import NOTHING, Envelope, Head
from services.relay.domain.keys import KeyRefused
from services.relay.domain.letter import Letter
from services.relay.domain.reconcile import Report
from services.relay.partner.api import PartnerApi
from services.relay.partner.cards import CardCounter
from services.relay.partner.comparisons import Comparisons
from services.relay.partner.components import Component, Request
from services.relay.partner.digests import digest_field
from services.relay.partner.gate import Gate, Rates
from services.relay.partner.port import Heads, Line, Verify, WantedFile
from services.relay.partner.replay import NONCES, Replays
from services.relay.partner.routes import Counter
from services.relay.partner.signatures import sign_input, signature_fields
from services.relay.partner.waiting import Waits
from tests.contract.memory_store import MemoryStore

LINK = "019aa000-0000-7000-8000-000000000001"
SITE, PEER = "610900.hub", "510000.sichuan"
BASE = "https://relay.hub.example.cn"
NOW = datetime.now(UTC).replace(microsecond=0)
OUR_KEY, PEER_KEY = "ed25519:" + "a" * 16, "ed25519:" + "b" * 16


#: The seed of the partner's key.
THEIRS = b"2" * 32


@dataclass
class MemoryOffice:
    """What stands behind the API in its tests."""

    site: str = SITE
    active: bool = True
    heard_at: list[datetime] = field(default_factory=list)
    ours: SigningKey = field(default_factory=lambda: SigningKey(b"1" * 32))
    theirs: SigningKey = field(default_factory=lambda: SigningKey(THEIRS))
    came: list[Envelope] = field(default_factory=list)
    outgoing: list[Envelope] = field(default_factory=list)
    acknowledged_to: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    wants: dict[str, int] = field(default_factory=dict)
    pieces: dict[str, bytes] = field(default_factory=dict)
    report: Report | None = None

    def line(self, id: str) -> Line:
        if id != LINK:
            raise NotFound("link_not_found", "没有这条链路。")
        return Line(LINK, PEER, "active" if self.active else "suspended", {"max_letter_bytes": 524288})

    def require_active(self, line: Line) -> None:
        if not self.active:
            raise Forbidden("link_not_active", "链路已暂停。")

    def verify(self, site: str, key_id: str, data: bytes, signature: bytes, at: datetime) -> None:
        if (site, key_id) != (PEER, PEER_KEY):
            raise KeyRefused("key_unknown", "签名密钥未登记。", key=key_id)
        try:
            self.theirs.verify_key.verify(data, signature)
        except (BadSignatureError, ValueError):
            raise Forbidden("signature_wrong", "签名不符。") from None

    def sign(self, key_id: str, data: bytes) -> bytes:
        return bytes(self.ours.sign(data).signature)

    def signing_key_id(self, now: datetime) -> str:
        return OUR_KEY

    def heard(self, call: Call, line: Line) -> None:
        self.heard_at.append(call.now)

    def card(self) -> SiteCard | None:
        return None

    def card_to_follow(self, line: Line, card: SiteCard, now: datetime) -> Verify:
        raise CardRefused("card_not_continued", "新名片没有原有密钥的签名。")

    def learn(self, call: Call, line: Line, card: SiteCard) -> None:
        """Never comes to it."""

    def heads(self, line: Line) -> Heads:
        return Heads(_head(self.came), _head(self.outgoing), self.acknowledged_to)

    def receive(self, call: Call, line: Line, envelopes: Sequence[Envelope]) -> Head:
        for each in envelopes:
            if each in self.came:
                continue
            if (each.link, each.from_site, each.to_site) != (LINK, PEER, SITE):
                raise Forbidden("envelope_of_another_link", "函件不属于本链路。")
            follow(_head(self.came), each)
            self.came.append(each)
        return _head(self.came)

    def next_envelopes(self, line: Line, after: int, limit: int, max_bytes: int) -> Sequence[Envelope]:
        return self.outgoing[after : after + limit]

    def acknowledged(self, call: Call, line: Line, head: Head) -> None:
        if head.sequence > len(self.outgoing):
            raise Conflict("acknowledged_too_much", "确认了尚未发出的函件。")
        self.acknowledged_to = max(self.acknowledged_to, head.sequence)

    def ranges(self, line: Line, from_site: str, first: int, last: int) -> tuple[int, Head, Sequence[TypeRange]]:
        lane = self._lane(from_site)
        rows = [(each.letter.type, each.sequence, each.head().digest) for each in lane[first - 1 : last]]
        return (rows[-1][1] if rows else first - 1), _head(lane), type_ranges(rows)

    def kept(self, line: Line, from_site: str, first: int, last: int) -> Sequence[Envelope]:
        return self._lane(from_site)[first - 1 : last][:100]

    def _lane(self, from_site: str) -> list[Envelope]:
        if from_site not in (SITE, PEER):
            raise Invalid("range_malformed", "核对请求的站点不在本链路上。")
        return self.outgoing if from_site == SITE else self.came

    def ask_reconciling(self, call: Call, line: Line, reason: str) -> None:
        self.report = Report("r-1", LINK, PEER, call.now, PEER, reason, adopt=False)

    def question(self, call: Call, line: Line) -> Question | None:
        return None if self.report is None else Question("r-1 1", Wanted.RANGE, SITE, 1, 1000)

    def hear_range(
        self, call: Call, line: Line, id: str, last: int, head: Head, types: Sequence[TypeRange]
    ) -> tuple[Question | None, Report]:
        return self._heard(id)

    def hear_envelopes(
        self, call: Call, line: Line, id: str, envelopes: Sequence[Envelope]
    ) -> tuple[Question | None, Report]:
        return self._heard(id)

    def _heard(self, id: str) -> tuple[None, Report]:
        if self.report is None or id != "r-1 1":
            raise Conflict("question_answered", "该问题已答复或已作废。")
        return None, self.report

    def wanted(self, line: Line, limit: int) -> Sequence[WantedFile]:
        return [WantedFile(each, len(self.pieces.get(each, b"")), size) for each, size in self.wants.items()]

    def take(self, call: Call, line: Line, sha256: str, offset: int, data: bytes) -> WantedFile | None:
        if sha256 not in self.wants:
            raise Conflict("attachment_not_wanted", "没有请求过该附件。")
        there = self.pieces.get(sha256, b"")
        if offset == len(there):
            there = self.pieces[sha256] = there + data
        if len(there) < self.wants[sha256]:
            return WantedFile(sha256, len(there), self.wants[sha256])
        del self.wants[sha256]
        return None

    def offered(self, line: Line, sha256: str) -> int:
        if sha256 not in self.files:
            raise NotFound("attachment_not_offered", "没有该附件。")
        return len(self.files[sha256])

    def piece(self, call: Call, line: Line, sha256: str, offset: int, length: int) -> bytes:
        return self.files[sha256][offset : offset + length]


def _head(envelopes: Sequence[Envelope]) -> Head:
    return envelopes[-1].head() if envelopes else Head()


def letter(number: int, payload: bytes = b"x", origin: str = PEER, destination: str = SITE) -> Letter:
    id = f"019aa000-0000-7000-8000-{number:012x}"
    return Letter(
        id, origin, destination, "crossing.submitted", 1, "j-1", NOW, payload, key_id=PEER_KEY, signature=b"s" * 64
    )


def chain(count: int, from_site: str = PEER, to_site: str = SITE) -> list[Envelope]:
    """Envelopes that follow each other; whether their signatures hold is not the API's matter."""
    found: list[Envelope] = []
    for number in range(1, count + 1):
        previous = found[-1].head().digest if found else NOTHING
        written = letter(number, origin=from_site, destination=to_site)
        envelope = Envelope(written, LINK, from_site, to_site, number, previous, PEER_KEY, b"e" * 64)
        found.append(replace(envelope, signature=b"e" * 64))
    return found


@dataclass(frozen=True)
class Reply:
    status: int
    fields: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.json.get("code", "")) if self.status >= 400 else "taken"


class Partner:
    """Signs requests and puts them to the app, without a socket."""

    def __init__(
        self,
        office: Any,
        *,
        rate: int = 100_000,
        max_body: int = 1024 * 1024,
        waits: int = 4,
        store: MemoryStore | None = None,
        clock: FixedClock | None = None,
        link: str = LINK,
        key_id: str = PEER_KEY,
        sign: Callable[[bytes], bytes] = lambda data: SigningKey(THEIRS).sign(data).signature,
    ) -> None:
        self.office = office
        self.link, self.key_id, self.sign = link, key_id, sign
        self.clock = clock or FixedClock(NOW)
        self.waits = Waits(waits)
        self.refused: list[tuple[str, str]] = []
        real = lambda: datetime.now(UTC)  # noqa: E731
        gate = Gate(office, Replays(store or MemoryStore([NONCES])), Rates(rate), timedelta(seconds=60), real)
        counter = Counter(office, gate, self.clock, service_actor("relay"), self.waits)
        self.app = PartnerApi(
            office,
            (*counter.routes(), *Comparisons(counter).routes(), *CardCounter(counter).routes()),
            clock=self.clock,
            base_url=BASE,
            max_body=max_body,
            refused=lambda link, code: self.refused.append((link, code)),
        )

    def ask(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        signed: bool = True,
        headers: Mapping[str, str] = {},
        covered: Sequence[str] | None = None,
        **params: Any,
    ) -> Reply:
        fields = {name.lower(): value for name, value in headers.items()}
        if content is not None:
            fields.setdefault("content-type", "application/json")
            fields.setdefault("content-digest", digest_field(content))
        if signed:
            fields = self.signed(method, path, fields, covered, **params)
        return self.send(method, path, content or b"", fields)

    def signed(
        self, method: str, path: str, fields: dict[str, str], covered: Sequence[str] | None = None, **params: Any
    ) -> dict[str, str]:
        names = covered or [
            "@method",
            "@target-uri",
            *(each for each in ("content-type", "content-digest") if each in fields),
        ]
        now = int(datetime.now(UTC).timestamp())
        made = {
            "key_id": self.key_id,
            "created": now,
            "expires": now + 60,
            "nonce": secrets.token_urlsafe(16),
            **params,
        }
        signature = sign_input([Component(name) for name in names], **made)
        value = self.sign(signature.base(Request(method, BASE + path, fields)))
        return {**fields, **{name.lower(): text for name, text in signature_fields(signature, value).items()}}

    def send(self, method: str, path: str, content: bytes, fields: Mapping[str, str]) -> Reply:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": path,
            "PATH_INFO": path.partition("?")[0],
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content),
        }
        for name, value in fields.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        caught: list[Any] = []
        body = b"".join(self.app(environ, lambda status, found, _info=None: caught.extend([status, dict(found)])))  # type: ignore[arg-type]
        return Reply(int(caught[0].split()[0]), {name.lower(): value for name, value in caught[1].items()}, body)

    def post(self, envelopes: Sequence[Envelope], **more: Any) -> Reply:
        from services.relay.partner.wire import envelope_json

        body = json.dumps({"envelopes": [envelope_json(each) for each in envelopes]}).encode()
        return self.ask("POST", f"/partner/v1/links/{self.link}/envelopes", body, **more)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()
