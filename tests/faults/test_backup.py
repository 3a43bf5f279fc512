"""A backup of a site that is at work, restored elsewhere: one instant of it, in which all books agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
    ledger, during, afterwards = Ledger(), folder / "during.tar", folder / "afterwards.tar"
    with closing(Town(site.address)) as town, under_load([town], ledger, random.Random(4)):
        before = deepcopy(ledger)
        tongban("backup", during, "--data", site.data)
        for _ in range(2):
            pause(random.Random())
            assert "the books balance" in tongban("reconcile", "--data", site.data), "at every instant"
        progress(ledger, 6)
    with closing(Town(site.address)) as town:
        site.settle(60)
        assert differences(town, ledger) == [], "the backup disturbed nothing"
    tongban("backup", afterwards, "--data", site.data)
    site.stop()
    with started(site, during, folder) as copy:
        check(copy, before, ledger)
    with started(site, afterwards, folder) as copy, closing(Town(copy.address)) as town:
        assert differences(town, ledger) == [], "all of it is there, once"


@contextmanager
def started(site: LiveSite, archive: Path, folder: Path) -> Iterator[LiveSite]:
    """A site restored from an archive, whose books agreed before anything ran there."""
    copy = restored(site.files.site_secret_file, archive, folder / archive.stem)
    assert "the books balance" in tongban("reconcile", "--data", copy.data)
    try:
        copy.start()
        yield copy
    finally:
        copy.stop()
