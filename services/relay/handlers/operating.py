"""What an operator does with letters that were set aside: passes them on after all, or refuses them for good."""

from __future__ import annotations

import logging
from dataclasses import replace

from kit.call import Call
from kit.errors import Conflict, Invalid, NotFound
from services.relay.domain.register import Entry, Settled, Settlement
from services.relay.handlers.desk import Desk
from services.relay.handlers.passing import pass_again
from services.relay.handlers.receipts import letter_at, receipt_for, send_receipt

log = logging.getLogger(__name__)

#: The code of what an operator refused.
REFUSED = "refused_by_operator"


def resend_letter(*, desk: Desk, call: Call, letter_id: str, reason: str) -> Entry:
    """Passes on a letter that was set aside, as if it had just come. Its cause may be mended: a route, a limit, a card.

    Raises ``NotFound``, ``Invalid`` (``reason_missing``), ``Conflict`` (``letter_not_aside``, ``attachments_missing``), and
    whatever it was set aside for, if that is still so; then nothing is changed.
    """
    entry = _aside(desk, letter_id, reason)
    kept = letter_at(desk, entry)
    done = pass_again(desk, call, desk.links.link(entry.link), kept, entry)
    log.warning("letter %s is passed on by %s: %s", letter_id, call.actor.id, reason)
    return done


def refuse_letter(*, desk: Desk, call: Call, letter_id: str, reason: str) -> Entry:
    """Refuses a letter that was set aside; its origin is told why.

    Raises ``NotFound``, ``Invalid`` (``reason_missing``), ``Conflict`` (``letter_not_aside``), ``NoRoute``, ``Stale``.
    """
    entry = _aside(desk, letter_id, reason)
    settled = Settled(Settlement.REFUSED, REFUSED, reason.strip(), desk.site, call.now)
    letter = letter_at(desk, entry).envelope().letter
    receipt = receipt_for(desk, call, letter, settled)
    if receipt is not None:
        send_receipt(desk, call, receipt)
    if letter.attachments:
        desk.files.let_go(call, letter.id, [each.sha256 for each in letter.attachments])
    changed, _ = entry.settle(settled)
    log.warning("letter %s is refused by %s: %s", letter_id, call.actor.id, reason)
    return desk.register.save(replace(changed, waits=False), (), call)


def _aside(desk: Desk, letter_id: str, reason: str) -> Entry:
    if not 2 <= len(reason.strip()) <= 200:
        raise Invalid("reason_missing", "请填写理由（2至200个字），将记入登记簿。", field="reason")
    entry = desk.register.find_by_id(letter_id)
    if entry is None:
        raise NotFound("letter_not_found", "没有这封函件，请核对函件编号。", id=letter_id[:80])
    if not entry.waits:
        raise Conflict("letter_not_aside", "该函件没有被搁置，无需处理。", state=entry.state.value)
    return entry
