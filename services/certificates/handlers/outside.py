"""Asking the certificate library outside that a center has chosen; each question is on the record before it is sent."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden, Stale, TongbanError
from kit.privacy import mask_id, mask_name, person_key
from kit.store.port import Duplicate
from kit.workdays import local_instant
from services.certificates.domain import holding as holdings
from services.certificates.domain.events import HoldingEnded, HoldingsShown
from services.certificates.domain.evidence import Evidence
from services.certificates.domain.holding import Content, Ending, Holder, Holding, HoldingState, Origin
from services.certificates.domain.looks import Asked, Look
from services.certificates.domain.trust import Trust, kind_of
from services.certificates.handlers.asking import Asking
from services.certificates.handlers.library import Library
from services.certificates.libraries.port import Answer, Certificate, Inquiry

log = logging.getLogger(__name__)
#: Of one type: more of a person's certificates are nobody's.
_MOST = 50


def ask_outside(*, library: Library, call: Call, asking: Asking, types: Sequence[str]) -> bool:
    """Whether what the center's library has of these types is known now: asked, where it wasn't not long ago.

    False where it couldn't be: whoever asked goes on without it. True as well where the center has chosen none, or the
    number isn't known by which libraries go. Raises ``Forbidden`` (``holding_not_yours``) for a number that isn't the
    holder's, ``Unavailable`` (``reference_not_ready``).
    """
    policy = library.reference.policy(asking.center_id)
    name, person = policy.text("certificate_library"), asking.person
    unknown = tuple(each for each in dict.fromkeys(types) if not _known(library, call, asking, name, each))
    if not (name and unknown) or person is None:
        return True
    if person_key(library.secret, person.id_number) != asking.holder_key:
        raise Forbidden("holding_not_yours", "只能查询申请人本人的证照。")
    port = library.outside.get(name)
    if port is None:
        log.error("a center has chosen a certificate library that this site doesn't know", extra={"library": name})
        return False
    look = _recorded(library, call, asking, name, unknown)
    inquiry = Inquiry(look.id, person, unknown, look.purpose, asking.center_id, call.actor.name)
    try:
        answer = port.ask(inquiry)
    except TongbanError as error:
        log.warning("a certificate library gave no answer", extra={"library": name, "code": error.code})
        library.looks.save(replace(look, outcome=error.code), [], call)
        return False
    found = tuple(each.name for each in answer.certificates)
    library.looks.save(replace(look, outcome=answer.reference, shown=found), [], call)
    until = call.now + timedelta(minutes=policy.integer("library_answer_minutes"))
    for each in answer.certificates:
        _keep(library, call, asking, name, answer, each, until)
    for one in unknown:
        _end_missing(library, call, asking, name, answer, one)
        id = _asked_id(asking, name, one)
        _write_asked(library, call, Asked(id, asking.center_id, name, asking.holder_key, one, call.now, until))
    return True


def _known(library: Library, call: Call, asking: Asking, name: str, certificate_type: str) -> bool:
    asked = library.asked.find_by_id(_asked_id(asking, name, certificate_type))
    return asked is not None and call.now < asked.fresh_until


def _recorded(library: Library, call: Call, asking: Asking, name: str, types: tuple[str, ...]) -> Look:
    look = Look(
        id=library.ids.new_id(call.now),
        holder_key=asking.holder_key,
        center_id=asking.center_id,
        application_id=asking.application_id,
        journey=asking.journey,
        purpose=asking.purpose,
        by_id=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
        library=name,
        types=types,
    )
    told = [] if call.actor.has("citizen") else [HoldingsShown(look)]
    return library.looks.create(look, told, call)


def _keep(
    library: Library, call: Call, asking: Asking, name: str, answer: Answer, said: Certificate, until: datetime
) -> None:
    """What was said of one certificate; somebody who asked at the same time has written the same."""
    person = asking.person
    assert person is not None  # noqa: S101 - nothing was asked without
    content = Content(
        kind=kind_of(said.name),
        name=said.name,
        trust=Trust.A,
        number=said.number,
        issuer=said.issuer,
        issued_at=local_instant(said.issued_on),
        valid_from=said.issued_on,
        valid_until=said.valid_until,
        told=to_ms(answer.said_at),
        certificate_type=said.certificate_type,
        evidence=Evidence(name, answer.reference, answer.sha256, answer.said_at),
    )
    id = _holding_id(asking, name, said.id)
    before = library.holdings.find_by_id(id)
    blank = Holding(
        id=id,
        center_id=asking.center_id,
        origin=Origin.LIBRARY,
        case_id="",
        case_number="",
        journey=asking.journey,
        holder=Holder(asking.holder_key, mask_name(person.name), mask_id(person.id_number)),
    )
    after = _retained(library, holdings.said_again(before or blank, content, until))
    with contextlib.suppress(Duplicate, Stale):
        if before is None:
            library.holdings.create(after, [], call)
        else:
            library.holdings.save(after, [], call)


def _end_missing(
    library: Library, call: Call, asking: Asking, name: str, answer: Answer, certificate_type: str
) -> None:
    """What the library had of a type and has no more holds no more; whoever used it learns so."""
    here = {_holding_id(asking, name, each.id) for each in answer.certificates}
    found = library.holdings.find(
        "by_type",
        descending=True,
        limit=_MOST,
        center_id=asking.center_id,
        held_by=asking.holder_key,
        certificate_type=certificate_type,
    ).items
    for each in found:
        source = each.content.evidence.source if each.content is not None and each.content.evidence is not None else ""
        if source != name or each.id in here or each.ended is not None:
            continue
        gone = holdings.end(each, Ending(HoldingState.REVOKED, f"{name}已不再提供该证照", call.now))
        with contextlib.suppress(Stale):
            library.holdings.save(gone, [HoldingEnded(gone)] if gone.uses else [], call)


def _write_asked(library: Library, call: Call, asked: Asked) -> None:
    before = library.asked.find_by_id(asked.id)
    with contextlib.suppress(Duplicate, Stale):
        if before is None:
            library.asked.create(asked, [], call)
        else:
            library.asked.save(replace(asked, version=before.version), [], call)


def _asked_id(asking: Asking, name: str, certificate_type: str) -> str:
    return _digest(asking.center_id, name, asking.holder_key, certificate_type)


def _holding_id(asking: Asking, name: str, certificate_id: str) -> str:
    return _digest("library", asking.center_id, name, asking.holder_key, certificate_id)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _retained(library: Library, holding: Holding) -> Holding:
    days = library.reference.policy(holding.center_id).integer("holding_retention_days")
    return holdings.with_retention(holding, days)
