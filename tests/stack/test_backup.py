"""A back-up of Kafka, MongoDB and GridFS while the hall is at work, restored onto one machine."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path

import pytest

from cli.backup.check import verify
from tests.faults.crowd import progress, under_load
from tests.faults.load import Ledger
from tests.faults.restored import check, restored, tongban
from tests.integration.people import Town
from tests.integration.visits import CENTER
from tests.stack.site import StackSite

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_backup_under_load_is_one_instant_of_all_servers(
    site: StackSite, town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("b")
    earlier = {each["id"] for each in town.staff("hb-manager-01").pages(f"centers/{CENTER}/tickets")}
    ledger, archive = Ledger(), folder / "site.tar"
    with under_load([town], ledger, random.Random(5)):
        before = deepcopy(ledger)
        site.operate("backup", str(archive))
        assert "the books balance" in site.operate("reconcile").stdout
        progress(ledger, 6)
    assert verify(archive).store == "mongodb"
    refused = site.operate("restore", str(archive), check=False)
    assert refused.returncode == 1
    assert "services run on this site" in refused.stderr

    copy = restored(Path(site.settings["TONGBAN_SITE_SECRET_FILE"]), archive, folder / "copy")
    assert "the books balance" in tongban("reconcile", "--data", copy.data)
    try:
        copy.start()
        check(copy, before, ledger, earlier or {"nobody"})
    finally:
        copy.stop()
