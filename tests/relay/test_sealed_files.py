"""A file that a hub carries between two others: whole and plain at its end, and never plain at the hub."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.blobs.files import FileBlobs
from services.relay.domain.link import Direction
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite, link, remove, short_folder

pytestmark = pytest.mark.fault
TOWN, CITY, COUNTY = "610902109.hengkou", "610900.ankang", "610921.hanyin"
CONTENT = random.Random(11).randbytes(700_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def sites() -> Iterator[tuple[RelaySite, RelaySite, RelaySite]]:
    folder = short_folder()
    town = RelaySite.made(folder / "town", TOWN, listens=False)
    city = RelaySite.made(folder / "city", CITY)
    county = RelaySite.made(folder / "county", COUNTY, listens=False)
    link(town, city, Direction.PARENT)
    link(county, city, Direction.PARENT)
    made = (town, city, county)
    for site in made:
        site.start()
    for site in made:
        site.ready()
    yield made
    for site in made:
        site.close()
    remove(folder)


def blobs(site: RelaySite) -> FileBlobs:
    return FileBlobs(site.data / "blobs/relay", beside_its_service=True)


def stored(site: RelaySite) -> list[bytes]:
    folder: Path = site.data / "blobs/relay"
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_a_hub_carries_a_file_that_it_cannot_read(sites: tuple[RelaySite, RelaySite, RelaySite]) -> None:
    town, city, county = sites
    # A file doesn't leave for a site that nobody knows yet, and whoever posted it is told.
    refused = town.post(COUNTY, [b"too early"], attachments=[town.keep(CONTENT)])
    until(lambda: town.look().settled, 60, "the refusal is told")
    assert [(each.letter_id, each.code) for each in town.settled] == [(refused[0], "site_unknown")]
    # A first letter brings the card.
    county.post(TOWN, [b"hello"], type="urging.asked")
    until(lambda: town.look().arrived, 60, "the county's letter arrives")
    sent = town.post(COUNTY, [b"with papers"], attachments=[town.keep(CONTENT)])
    until(lambda: [each.id for each in county.look().arrived] == sent, 60, "the letter arrives with its file")
    assert b"".join(blobs(county).get(DIGEST)) == CONTENT
    assert not blobs(city).has(DIGEST)
    assert stored(city)
    assert not any(CONTENT[:64] in each for each in stored(city))
