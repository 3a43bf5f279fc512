"""Style sheets and scripts: ours, and the third-party files that set-up fetches."""

from __future__ import annotations

from flask import Blueprint, Response, request, send_from_directory

from gateway.pages.rendering import ASSETS, STATIC

blueprint = Blueprint("assets", __name__)

#: The address holds the content's hash, so a browser needn't ask again for a year; without it, for an hour.
_YEAR, _HOUR = 31_536_000, 3_600


@blueprint.get("/static/<path:name>")
def our_static(name: str) -> Response:
    """A file of ours."""
    return _file(str(STATIC), name)


@blueprint.get("/assets/<path:name>")
def vendor_static(name: str) -> Response:
    """A third-party file; only scripts, style sheets and fonts stand there."""
    return _file(str(ASSETS), name)


def _file(folder: str, name: str) -> Response:
    response = send_from_directory(folder, name)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR if request.args.get('v') else _HOUR}"
    return response
