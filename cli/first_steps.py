"""What a newcomer is told once the site stands: where to open it, who may sign in, and what to try first."""

from __future__ import annotations

from typing import Final

#: Where the first visit goes: the clerk who is named serves this department's queue, the others are its own.
FIRST_CENTER: Final = "610902"
FIRST_DEPARTMENT: Final = "weisheng-jiankang"


def closing_line(address: str, took: float, *, demo_clock: bool, sample: bool) -> str:
    """All of it in one line; ``took`` in seconds."""
    clock = ", demo clock on" if demo_clock else ""
    ready = f"tongban: ready after {took:.1f} s at {address}{clock}"
    if not sample:
        return f"{ready} — no sample loaded: `tongban user add` makes the first account; Ctrl-C stops"
    from cli.sample.people import SAMPLE_PASSWORD  # loads what checks numbers: not while the processes start

    return (
        f"{ready} — take a ticket at {address}/kiosk/{FIRST_CENTER}?department={FIRST_DEPARTMENT}, sign in as "
        "hb-clerk-13 to call it and take the papers in, then as hb-reviewer-01, hb-chief-01 and hb-approver-01; "
        f"hb-supervisor-01 and hb-manager-01 look on; password {SAMPLE_PASSWORD}; Ctrl-C stops"
    )


def exposure(host: str, *, sample: bool) -> str:
    """What to think of before the sample accounts are opened to other machines; empty where they aren't."""
    if not sample or host in ("127.0.0.1", "localhost", "::1"):
        return ""
    return (
        f"other machines reach this site (TONGBAN_HOST={host}), and anybody may sign in as the sample's staff and citizens: "
        "their password is public. For real work start an empty folder with --no-sample."
    )
