"""A backup of a site that is at work, restored elsewhere: one instant of it, in which all books agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest

from tests.faults.accounts import differences
from tests.faults.crowd import pause, progress, under_load
from tests.faults.load import Ledger
from tests.faults.restored import check, restored, tongban
from tests.integration.conftest import to_monday
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    with live_site() as started, closing(Town(started.address)) as town:
        to_monday(started, town)
        yield started


def test_a_backup_under_load_is_one_instant_and_the_books_of_the_restored_site_agree(
    site: LiveSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("b")
    ledger = Ledger()
    archives: list[tuple[Path, Ledger]] = []
    with closing(Town(site.address)) as town, under_load([town], ledger, random.Random(4)):
        for number in range(3):
            pause(random.Random(number))
            before = deepcopy(ledger)
            archive = folder / f"{number}.tar"
            tongban("backup", archive, "--data", site.data)
            archives.append((archive, before))
            assert "the books balance" in tongban("reconcile", "--data", site.data), "at every instant"
            progress(ledger, 6)
    with closing(Town(site.address)) as town:
        site.settle(60)
        assert differences(town, ledger) == [], "the backup disturbed nothing"
    site.stop()
    copies = [
        restored(site.files.site_secret_file, archive, folder / f"site{number}")
        for number, (archive, _) in enumerate(archives)
    ]
    for copy in copies:
        assert "the books balance" in tongban("reconcile", "--data", copy.data)
    try:
        copies[1].start()
        check(copies[1], archives[1][1], ledger)
    finally:
        copies[1].stop()
