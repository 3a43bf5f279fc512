"""QR codes as inline SVG, so that a slip needs no second request and no script."""

from __future__ import annotations

import segno
from flask import request
from markupsafe import Markup

from gateway.context import current_gateway


def site_url(path: str) -> str:
    """The address of a page as a phone reaches it from outside."""
    base = current_gateway().settings.base_url or request.host_url
    return base.rstrip("/") + path


def qr_svg(text: str, title: str) -> Markup:
    """The code as an SVG with a title for those who can't see it."""
    code = segno.make(text, error="m", micro=False)
    # The text of a code is ours: a path with an unguessable code of [0-9a-z]; segno escapes the title.
    return Markup(code.svg_inline(scale=4, border=2, title=title, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704
