"""A signature that was drawn on a page, or chosen as a scanned slip (rules I04, C16)."""

from __future__ import annotations

from flask import request

from gateway.pages.forms import Form
from gateway.signatures import decoded

#: What a canvas puts before its picture.
_DRAWN = "data:image/png;base64,"


def signed(form: Form) -> bytes:
    """What was chosen as a file on the form at hand, or else drawn on it; nothing where there is neither.

    Raises ``Invalid`` (``signature_unreadable``).
    """
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.stream.read()
    drawn = form.text("signature")
    return decoded(drawn.removeprefix(_DRAWN)) if drawn else b""
