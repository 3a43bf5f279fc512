"""Personal data: how it is masked for lists and logs, and matched without being kept (convention 13)."""

from __future__ import annotations

import hashlib
import hmac


def mask_name(name: str) -> str:
    """Keeps the first character: 张*."""
    name = name.strip()
    return name[:1] + "*" * min(len(name) - 1, 3) if name else ""


def mask_id(number: str) -> str:
    """Keeps the region and the last four: 610902********1234."""
    number = number.strip()
    if len(number) < 8:
        return "*" * len(number)
    keep = 6 if len(number) >= 15 else 2
    return number[:keep] + "*" * (len(number) - keep - 4) + number[-4:]


def mask_phone(phone: str) -> str:
    """Keeps the first three and the last four: 138****5678."""
    phone = phone.strip()
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 11 else "*" * len(phone)


def person_key(secret: bytes, id_number: str) -> str:
    """What a person is known by where their number may not be kept: a keyed hash that only this site can make."""
    return hmac.new(secret, b"person:" + id_number.strip().upper().encode(), hashlib.sha256).hexdigest()[:32]
