"""Headers that keep browsers from doing what no page of ours means."""

from __future__ import annotations

from flask import Flask, Response

#: No inline script or style, nothing from elsewhere. ``data:`` images are the QR codes on slips.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Pages opened by a code have it in their address: no other site may learn it. "no-referrer" would also make
    # browsers send `Origin: null` with our own forms, and auth refuses those.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What somebody may see, the next one at the same kiosk may not.
    "Cache-Control": "no-store",
}


def install(app: Flask, *, https: bool) -> None:
    """Adds the headers to every response of an app; a route's own value stays."""

    wanted = list(_HEADERS.items())
    if https:
        wanted.append(("Strict-Transport-Security", "max-age=31536000"))

    def add(response: Response) -> Response:
        there = {name.lower() for name, _ in response.headers}
        for name, value in wanted:
            if name.lower() not in there:
                response.headers.add(name, value)
        return response

    app.after_request(add)
