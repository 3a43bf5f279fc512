"""An independent partner in another language, written from the guide alone, over real HTTP against a real desk."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.relay.domain.link import Link, LinkState
from services.relay.handlers import links
from tests.relay.partner_hub import HUB, Hub, hub
from tongban.relay.v1 import messages_pb2

CLIENT = Path(__file__).parent / "partner_client" / "partner.mjs"
PARTNER = "510000.sichuan"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="the independent partner client needs Node.js")


class Partner:
    """The client's command, with its state in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *command: str) -> Any:
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 1
        return str(json.loads(done.stderr)["code"])

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(NODE), str(CLIENT), str(self.folder), *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Hub]:
    with hub(tmp_path) as found:
        yield found


@pytest.fixture
def partner(tmp_path: Path, site: Hub) -> Partner:
    """A partner with a link that both sides have approved."""
    found = Partner(tmp_path / "partner")
    fingerprint = found("init", PARTNER, "四川省政务服务大厅")["fingerprint"]
    found("propose", HUB, "李处长", "川陕通办协议")
    acceptance = tmp_path / "acceptance.json"
    acceptance.write_text(site.accept((found.folder / "proposal.json").read_text(), fingerprint))
    found("confirm", str(acceptance), site.url, site.ring.card.fingerprint())
    return found


def test_a_partner_exchanges_letters_files_and_receipts(tmp_path: Path, site: Hub, partner: Partner) -> None:
    paper, result = tmp_path / "身份证.pdf", b"%PDF result " * 200_000
    paper.write_bytes(b"%PDF scan " * 150_000)
    payload = tmp_path / "payload"
    payload.write_bytes(b"what they agreed on")
    posted = partner("post", "crossing.submitted", str(payload), "j-7", str(paper))
    site.pass_on()
    [letter] = [each.letter for each in site.arrived()]
    assert (letter.id, letter.origin, letter.type, letter.journey) == (
        posted["letter"],
        PARTNER,
        "crossing.submitted",
        "j-7",
    )
    assert letter.payload == b"what they agreed on"
    assert b"".join(site.files.read(letter.attachments[0].sha256)) == paper.read_bytes()
    assert site.registry.links.get(partner("stand")["link"]).state is LinkState.ACTIVE

    site.post(PARTNER, b"a status", [result])
    came = partner("poll", "10")["letters"]
    assert [each["type"] for each in came] == ["relay.receipt", "crossing.status"]
    status = came[1]["id"]
    assert any(file.read_bytes() == result for file in partner.folder.iterdir() if file.is_file())
    partner("settle", status, "read")
    partner("settle", status, "acted_on")
    site.pass_on()
    assert [messages_pb2.Settlement.Name(each.settlement) for each in site.settled() if each.letter_id == status] == [
        "SETTLEMENT_DELIVERED", "SETTLEMENT_READ", "SETTLEMENT_ACTED_ON",
    ]  # fmt: skip
    stand = partner("stand")
    assert (stand["received"]["sequence"], stand["acknowledged"]) == (4, stand["sent"]["sequence"])


def test_what_a_partner_posts_again_has_no_second_effect(tmp_path: Path, site: Hub, partner: Partner) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"x")
    partner("post", "crossing.submitted", str(payload))
    state = json.loads((partner.folder / "state.json").read_text())
    partner("push")
    site.pass_on()
    site.pass_on()
    assert len(site.arrived()) == 1
    assert partner("stand")["received"]["sequence"] == len(state["out"]) == 1


def test_a_forged_envelope_changes_nothing(tmp_path: Path, site: Hub, partner: Partner) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"x")
    partner("post", "crossing.submitted", str(payload))
    file = partner.folder / "state.json"
    state = json.loads(file.read_text())
    forged = json.loads(json.dumps(state["out"][0]))
    forged |= {"sequence": 2, "signature": forged["letter"]["signature"]}
    file.write_text(json.dumps({**state, "out": [*state["out"], forged]}))
    assert partner.refused("push") == "signature_wrong"
    assert partner("stand")["received"]["sequence"] == 1


def test_a_suspended_link_takes_nothing(tmp_path: Path, site: Hub, partner: Partner) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"x")
    partner("post", "crossing.submitted", str(payload))
    found = site.registry.active_links()[0]
    links.change_link(
        registry=site.registry, call=site.call, link_id=found.id, change=Link.suspended,
        approved_by="王主任", reason="协议到期", expected_version=site.registry.links.get(found.id).version,
    )  # fmt: skip
    site.registry.forget()
    assert partner.refused("post", "crossing.submitted", str(payload)) == "link_not_active"
    assert partner("stand")["state"] == "suspended"
