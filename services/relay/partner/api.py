"""The partner API: admit, do one thing, answer, sign the answer. A WSGI app without a framework."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from kit.clock import Clock
from kit.errors import TongbanError, Unauthenticated
from services.relay.partner.components import BadSignature, Component, Request
from services.relay.partner.digests import BadDigest, digest_field
from services.relay.partner.exchange import (
    INTERNAL,
    REASONS,
    Answer,
    Asked,
    UnknownRoute,
    WrongMethod,
    asked,
    problem,
)
from services.relay.partner.port import Office
from services.relay.partner.signatures import read_signature, sign_input, signature_fields

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

#: Where the API begins.
ROOT: Final = "/partner/v1"
#: How long our own signatures are good for, in seconds.
_GOOD_FOR: Final = 300

#: Does one thing that was asked for on a link; the matched parts of the path are given.
Act = Callable[[Asked, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An address, and what each method does there."""

    pattern: re.Pattern[str]
    acts: Mapping[str, Act]


class PartnerApi:
    """The WSGI app."""

    def __init__(
        self,
        office: Office,
        routes: Iterable[Route],
        *,
        clock: Clock,
        base_url: str,
        max_body: int,
        refused: Callable[[str, str], None] = lambda _link, _code: None,
    ) -> None:
        """``base_url`` is what partners sign before the path; ``refused`` is told of signatures that didn't hold."""
        self._office = office
        self._routes = tuple(routes)
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._max_body = max_body
        self._refused = refused

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answers one request."""
        path = str(environ.get("PATH_INFO", ""))
        request = Request(str(environ["REQUEST_METHOD"]), self._base_url + path, {})
        try:
            read = asked(environ, self._base_url, self._max_body)
            request = read.message
            answer = self._act(read)
        except TongbanError as error:
            answer = self._problem(error, path)
        except Exception:
            log.exception("%s failed", path)
            answer = problem(INTERNAL, path)
        fields = self._signed(answer, request)
        start_response(f"{answer.status} {REASONS[answer.status]}", list(fields.items()))
        return [answer.content]

    def _act(self, read: Asked) -> Answer:
        for route in self._routes:
            match = route.pattern.fullmatch(read.path)
            if match is None:
                continue
            act = route.acts.get(read.message.method)
            if act is None:
                raise WrongMethod(", ".join(sorted(route.acts)))
            try:
                return act(read, match.groupdict())
            except (BadSignature, BadDigest) as error:
                link = match.groupdict().get("link", "")
                log.warning("a request on link %s is refused: %s", link, error.code)
                self._refused(link, error.code)
                raise
        raise UnknownRoute

    @staticmethod
    def _problem(error: TongbanError, path: str) -> Answer:
        if error.status >= 500:
            log.error("%s answered with %s %s", path, error.code, error.details.get("reason", ""))
            if not error.retryable:
                error = INTERNAL
        return problem(error, path)

    # ── The answer's signature ───────────────────────────────────────────────────────────────────────────────

    def _signed(self, answer: Answer, request: Request) -> dict[str, str]:
        fields: dict[str, str] = {
            "Content-Type": answer.type,
            "Content-Length": str(len(answer.content)),
            "Content-Digest": digest_field(answer.content),
            "Cache-Control": "no-store",
            "Date": formatdate(usegmt=True),
            **answer.fields,
        }
        # Without an identity nobody could have signed a request either.
        with suppress(TongbanError):
            self._sign(answer, request, fields)
        return fields

    def _sign(self, answer: Answer, request: Request, fields: dict[str, str]) -> None:
        covered = [Component("@status"), Component("content-type"), Component("content-digest")]
        covered += [Component(name) for name in ("content-range", "repr-digest") if name.title() in fields]
        covered += [Component("@method", req=True), Component("@target-uri", req=True)]
        with suppress(Unauthenticated):
            # Ties the answer to this very request.
            covered.append(Component("signature", req=True, key=read_signature(request).label))
        created = int(time.time())
        signature = sign_input(
            covered,
            key_id=self._office.signing_key_id(self._clock.now()),
            created=created,
            expires=created + _GOOD_FOR,
            nonce=secrets.token_urlsafe(16),
        )
        value = self._office.sign(signature.key_id, signature.base(answer.message(request, fields)))
        fields.update(signature_fields(signature, value))
