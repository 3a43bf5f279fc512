"""Two operators, two running relays: linked by files, suspended, keys followed and lost, and the history proved to others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite, remove, short_folder

pytestmark = pytest.mark.fault
CITY, COUNTY = "610900.ankang", "610902.hanbin"


class Desk:
    """One site and its operator's commands."""

    def __init__(self, site: RelaySite) -> None:
        self.site = site

    def asked(self, *arguments: object) -> Result:
        environment = {
            "TONGBAN_EMBEDDED": "false",
            "TONGBAN_DATA": str(self.site.data),
            "TONGBAN_RUN_DIR": str(self.site.folder / "run"),
            "TONGBAN_SERVICES": f"relay=unix:{self.site.folder / 'run/relay.sock'}",
            "TONGBAN_PUBLIC_KEY_FILE": str(self.site.data / "secrets/actor.pub.pem"),
            "TONGBAN_PRIVATE_KEY_FILE": str(self.site.data / "secrets/actor.pem"),
            "TONGBAN_SITE_SECRET_FILE": str(self.site.data / "secrets/site.secret"),
        }
        return CliRunner(env=environment).invoke(app, [str(each) for each in arguments])

    def does(self, *arguments: object) -> str:
        result = self.asked(*arguments)
        assert result.exit_code == 0, f"{arguments}\n{result.output}"
        return result.output

    def fingerprint(self) -> str:
        found = re.search(r"fingerprint +([0-9a-f ]+)", self.does("site", "card"))
        assert found is not None
        return found[1].strip()

    def arrived(self) -> list[bytes]:
        return [each.payload for each in self.site.look().arrived]

    def waits_for(self, what: str) -> None:
        until(lambda: what in self.does("link", "show", CITY if self.site.site == COUNTY else COUNTY), 30, what)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = short_folder()
    yield made
    remove(made)


@pytest.fixture
def desks(folder: Path) -> Iterator[tuple[Desk, Desk]]:
    city = RelaySite.made(folder / "city", CITY)
    county = RelaySite.made(folder / "county", COUNTY, listens=False)
    for site in (city, county):
        site.start()
    for site in (city, county):
        site.ready()
    yield Desk(city), Desk(county)
    for site in (city, county):
        site.close()


@pytest.mark.timeout(240)
def test_operators_link_two_sites_look_after_the_link_and_prove_what_was_said(
    desks: tuple[Desk, Desk], folder: Path
) -> None:
    city, county = desks
    link(city, county, folder)
    # Letters travel, and both ends say so.
    county.site.post(CITY, [b"one"], journey="j-1")
    until(lambda: city.arrived() == [b"one"], 60, "the first letter arrives")
    until(lambda: len(county.site.look().settled) == 1, 60, "its receipt is back")
    county.waits_for("active")
    city.waits_for("active")
    # A suspended link holds letters, and loses none.
    assert "suspended" in city.does("link", "suspend", COUNTY, "--by", "王主任", "--reason", "线路检修")
    county.site.post(CITY, [b"two"], journey="j-1")
    refused = city.asked("link", "suspend", COUNTY, "--by", "王主任", "--reason", "再次")
    assert refused.exit_code == 1
    assert "link_state_wrong" in refused.output
    assert city.arrived() == [b"one"]
    city.does("link", "resume", COUNTY, "--by", "王主任", "--reason", "检修完毕")
    until(lambda: city.arrived() == [b"one", b"two"], 60, "the second letter arrives")
    # A rotated key is told over the line, without anybody's doing.
    county.does("site", "rotate")
    city.waits_for("card          number 2")
    # The one key that others know is lost: a person has to say whose the new card is.
    known = re.findall(r"ed25519:[0-9a-f]{16}", county.does("site", "card"))
    for key in known:
        county.does("site", "revoke", key, "--reason", "笔记本被盗")
    county.does("site", "card", "--out", folder / "new-card.json")
    unsaid = city.asked("link", "learn", folder / "new-card.json", "--by", "王主任", "--reason", "电话核对")
    assert unsaid.exit_code == 1
    assert county.fingerprint() in unsaid.output
    given = ("--fingerprint", county.fingerprint(), "--by", "王主任", "--reason", "电话核对")
    city.does("link", "learn", folder / "new-card.json", *given)
    county.site.post(CITY, [b"three"], journey="j-1")
    until(lambda: city.arrived() == [b"one", b"two", b"three"], 60, "a letter with the new key arrives")
    until(lambda: len(county.site.look().settled) == 3, 60, "its receipt is back")
    prove(city, county, folder)
    shown = city.does("link", "show", COUNTY)
    assert [
        each for each in ("proposed", "activated", "suspended", "resumed", "card_learned") if each not in shown
    ] == []
    city.does("link", "revoke", COUNTY, "--by", "王主任", "--reason", "协议到期")
    assert "revoked" in city.does("link", "show")


def link(city: Desk, county: Desk, folder: Path) -> None:
    county.does("site", "card", "--out", folder / "county.json")
    unsaid = city.asked("link", "propose", folder / "county.json", "--direction", "child", "--by", "王主任")
    assert unsaid.exit_code == 1
    assert county.fingerprint() in unsaid.output
    given = ("--fingerprint", county.fingerprint(), "--by", "王主任", "--out", folder / "proposal.json")
    city.does("link", "propose", folder / "county.json", "--direction", "child", *given, "--letters-per-minute", "6000")
    assert "proposed" in city.does("link", "show", COUNTY)
    answer = ("--fingerprint", city.fingerprint(), "--by", "李主任", "--out", folder / "acceptance.json")
    county.does("link", "accept", folder / "proposal.json", *answer)
    assert "6000 letters a minute" in county.does("link", "show", CITY)
    city.does("link", "accept", folder / "acceptance.json", "--by", "王主任")
    again = city.asked("link", "accept", folder / "acceptance.json", "--by", "王主任")
    assert "link_not_proposed" in again.output


def prove(city: Desk, county: Desk, folder: Path) -> None:
    taken = ("--by", "王主任", "--reason", "法院调取")
    for desk, name in ((city, "city"), (county, "county")):
        desk.does("relay", "history", "j-1", "--out", folder / f"{name}.jsonl", *taken)
    said = city.does("relay", "verify", folder / "city.jsonl", folder / "county.jsonl")
    assert said.count("is SOUND") == 2
    assert "the two ends agree." in said
    city.does("relay", "history", "j-1", "--out", folder / "city.pdf", *taken)
    assert (folder / "city.pdf").read_bytes().startswith(b"%PDF-")
    nothing = city.asked("relay", "history", "j-9", "--out", folder / "none.jsonl", *taken)
    assert nothing.exit_code == 1
    assert not (folder / "none.jsonl").exists()
