"""Codes to scan, as SVG for papers and pages."""

from __future__ import annotations

import io

import segno


def qr_svg(text: str) -> str:
    """The QR code of an address, with medium error correction: a creased paper can still be scanned."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()
