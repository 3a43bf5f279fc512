"""The partner guide is true: its commands and programs run in their order, its vectors hold, and both languages agree."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from services.relay.domain.card import SiteCard
from services.relay.domain.keys import SiteKey, key_id
from services.relay.partner import (
    api,
    cards,
    comparisons,
    components,
    digests,
    exchange,
    gate,
    office,
    reconciling,
    replay,
    routes,
    server,
    signatures,
    wire,
)
from services.relay.partner.components import Request
from services.relay.partner.signatures import read_signature
from services.relay.partner.wire import read_envelope
from tests.architecture.tree import ROOT
from tests.relay.partner_hub import HUB, hub

ENGLISH = (ROOT / "docs/relay/partner-guide.md").read_text()
CHINESE = (ROOT / "docs/relay/partner-guide.zh-CN.md").read_text()
PARTNER = "510000.sichuan"
_BLOCK = re.compile(r"^```(\S+)( \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    return [each[3] for each in _BLOCK.finditer(text) if each[1] == language]


class Shell:
    """Runs blocks of commands one after the other in one folder, as whoever follows the page does."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.before = ""

    def run(self, commands: str) -> str:
        keep = (
            "\ndeclare -p URL PEER SITE NAME KEY NOW CARD LINK >variables 2>/dev/null || true\ndeclare -f >functions\n"
        )
        script = "set -euo pipefail\n[ ! -e functions ] || . ./functions\n[ ! -e variables ] || . ./variables\n"
        done = subprocess.run(
            ["bash", "-c", script + commands + keep],
            cwd=self.folder, env={**os.environ, "URL": self.url, "PEER": HUB, "SITE": PARTNER},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "curl", "node"))), reason="needs openssl, curl and node")
def test_whoever_follows_the_guide_completes_an_exchange(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    with hub(tmp_path) as site:
        shell = Shell(mine, site.url)
        sh = blocks(ENGLISH, "sh")
        linking = next(at for at, each in enumerate(sh) if "proposal.json" in each) + 1
        said = [shell.run(each) for each in sh[:linking]]
        fingerprint = next(each for each in reversed(said) if re.search(r"[0-9a-f]{4} ", each))
        site.accept((mine / "proposal.json").read_text(), fingerprint)
        site.registry.forget()
        site.post(PARTNER, b"a status")
        answers = "".join(shell.run(each) for each in sh[linking:])
        assert '"received":{"sequence":1,' in answers
        site.pass_on()
        assert [each.letter.payload for each in site.arrived()] == [b"what you agreed on"]
        assert json.loads((mine / "came.json").read_text())["envelopes"][0]["letter"]["type"] == "crossing.status"

        (mine / "guide.mjs").write_text("\n".join(blocks(ENGLISH, "js")))
        acknowledged = shell.run("export URL LINK KEY; node guide.mjs")
        assert "acknowledged: 2" in acknowledged  # the status, and the receipt for the letter
        assert "both ends agree" in acknowledged
        (report,) = site.reports(PARTNER)
        assert (report.agrees, report.asked_by, [each.last for each in report.directions]) == (True, PARTNER, [2, 1])


def test_both_languages_have_the_same_code_codes_and_vectors() -> None:
    for language in ("sh", "js", "json"):
        assert blocks(ENGLISH, language) == blocks(CHINESE, language)
    assert codes_of(ENGLISH) == codes_of(CHINESE)


def codes_of(text: str) -> set[str]:
    table = text.partition("| code | ")[2].partition("\n\n")[0] or text.partition("| 代码 | ")[2].partition("\n\n")[0]
    return set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", table))


def test_every_refusal_of_the_api_is_explained() -> None:
    said = set()
    for module in (
        api,
        cards,
        comparisons,
        components,
        digests,
        exchange,
        gate,
        office,
        reconciling,
        replay,
        routes,
        server,
        signatures,
        wire,
    ):
        source = Path(str(module.__file__)).read_text()
        said |= set(re.findall(r"\(\s*\"([a-z]+(?:_[a-z]+)+)\", f?\"[^\"]*[\u4e00-\u9fff]", source))
    said -= {
        "route_unknown",
        "method_not_allowed",
        "headers_too_large",
        "card_not_found",
    }  # no partner's everyday matter
    assert said
    assert said - codes_of(ENGLISH) <= {"attachment_not_offered"}


class TestVectors:
    vectors: Any = json.loads(blocks(ENGLISH, "json")[0])
    key = SigningKey(b"\x02" * 32)

    def signature(self, data: bytes) -> str:
        return base64.b64encode(self.key.sign(data).signature).decode()

    def test_the_key(self) -> None:
        public = bytes(self.key.verify_key)
        assert base64.b64encode(public).decode() == self.vectors["public"]
        assert key_id("ed25519", public) == self.vectors["key_id"]

    def test_the_envelope_and_its_letter(self) -> None:
        envelope = read_envelope(self.vectors["envelope"], "")
        assert hashlib.sha256(envelope.letter.canonical()).hexdigest() == self.vectors["letter_form_sha256"]
        assert envelope.head().digest.hex() == self.vectors["envelope_form_sha256"]
        assert self.signature(envelope.letter.canonical()) == self.vectors["envelope"]["letter"]["signature"]
        assert self.signature(envelope.canonical()) == self.vectors["envelope"]["signature"]

    def test_the_card(self) -> None:
        envelope = read_envelope(self.vectors["envelope"], "")
        at, public = envelope.letter.created_at, base64.b64decode(self.vectors["public"])
        card = SiteCard(PARTNER, self.vectors["card"]["name"], 1, at, (SiteKey(self.vectors["key_id"], public, at),))
        assert hashlib.sha256(card.canonical()).hexdigest() == self.vectors["card_form_sha256"]
        assert card.fingerprint() == self.vectors["card_fingerprint"]
        assert self.signature(card.canonical()) == self.vectors["card_signature"]

    def test_the_request(self) -> None:
        said = self.vectors["request"]
        fields = {"signature-input": said["signature_input"], "signature": said["signature"]}
        request = Request(said["method"], said["target_uri"], fields)
        found = read_signature(request)
        assert hashlib.sha256(found.base(request)).hexdigest() == said["base_sha256"]
        assert self.signature(found.base(request)) == base64.b64encode(found.value).decode()
