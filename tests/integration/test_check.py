"""``tongban check`` against a site at work."""

from __future__ import annotations

from datetime import datetime

from cli.check import check, over_http
from tests.integration.site import LiveSite


def test_a_site_at_work_gives_a_ticket_and_takes_it_back(site: LiveSite, monday: datetime) -> None:
    said: list[str] = []
    check(over_http(site.address), "", "", said.append)
    assert said[-1].startswith("took ticket ")
    assert said[-1].endswith("found it, gave it back")
