"""A site's identity is made once, kept to its owner, renewed with an overlap, and never half-written."""

from __future__ import annotations

import json
import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner, Result

from cli.main import app
from kit.settings import SettingsError
from services.relay.cards import card_of, read_file
from services.relay.domain.card import CardRefused, SiteCard, require_genuine, require_successor
from services.relay.domain.keys import signing_key
from services.relay.handlers.identity import IdentityFolder, load_identity
from services.relay.handlers.keyring import signed_with
from tongban.relay.v1 import site_pb2

SITE = "610902.hanbin"


@pytest.fixture(autouse=True)
def no_other_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONGBAN_RELAY_IDENTITY_DIR", raising=False)


def site(data: Path, *arguments: str) -> Result:
    umask = os.umask(0o022)
    try:
        return CliRunner().invoke(app, ["site", *arguments, "--data", str(data)])
    finally:
        os.umask(umask)


def made(data: Path) -> SiteCard:
    result = site(data, "init", SITE, "--name", "汉滨区政务服务中心", "--host", "relay.example", "--host", "192.0.2.7")
    assert result.exit_code == 0, result.output
    return card(data)


def folder(data: Path) -> Path:
    return data / "secrets" / "relay"


def card(data: Path) -> SiteCard:
    identity = load_identity(folder(data))
    assert identity is not None
    return identity.card


def test_an_identity_is_made_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = made(tmp_path)
    require_genuine(first, first.issued_at, signed_with)
    assert (first.site, first.serial, len(first.keys), len(first.sealing_keys)) == (SITE, 1, 1, 1)
    open_to_others = [
        path for path in [folder(tmp_path), *folder(tmp_path).iterdir()] if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert not open_to_others
    assert json.loads((tmp_path / "audit.log").read_text())["action"] == "site_identity_made"


def test_the_line_has_a_certificate_that_tls_takes_and_a_request_for_an_issued_one(tmp_path: Path) -> None:
    first = made(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder(tmp_path) / "tls.crt", folder(tmp_path) / "tls.key")
    assert first.certificates == ((folder(tmp_path) / "tls.crt").read_text(),)
    request = x509.load_pem_x509_csr((folder(tmp_path) / "tls.csr").read_bytes())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert request.is_signature_valid
    assert names.get_values_for_type(x509.DNSName) == [SITE, "relay.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]


def test_an_identity_is_never_overwritten(tmp_path: Path) -> None:
    made(tmp_path)
    before = {path.name: path.read_bytes() for path in folder(tmp_path).iterdir()}
    result = site(tmp_path, "init", SITE, "--name", "另一个")
    assert result.exit_code == 1
    assert "already" in result.output
    assert {path.name: path.read_bytes() for path in folder(tmp_path).iterdir()} == before


@pytest.mark.parametrize("id", ["hanbin", "610902", "610902.HANBIN", "61090.x", "610902.x/../y"])
def test_a_malformed_id_makes_nothing(tmp_path: Path, id: str) -> None:
    result = site(tmp_path, "init", id, "--name", "x")
    assert result.exit_code == 1
    assert load_identity(folder(tmp_path)) is None


def test_what_starts_with_the_site_makes_its_identity_once_and_takes_no_other_sites_for_it(tmp_path: Path) -> None:
    begun = ("--name", "汉滨区政务服务中心", "--if-missing")
    assert site(tmp_path, "init", SITE, *begun).exit_code == 0
    first = card(tmp_path)
    assert site(tmp_path, "init", SITE, *begun).exit_code == 0
    assert card(tmp_path) == first
    assert site(tmp_path, "init", "610903.hanyin", *begun).exit_code == 1
    assert card(tmp_path) == first


def test_a_card_is_written_for_the_other_side_without_anything_secret(tmp_path: Path) -> None:
    first = made(tmp_path)
    out = tmp_path / "card.json"
    result = site(tmp_path, "card", "--out", str(out))
    assert first.fingerprint() in result.output
    assert card_of(read_file(out.read_text(), site_pb2.SiteCard)) == first
    assert "PRIVATE" not in out.read_text()
    assert site(tmp_path, "card", "--out", str(out)).exit_code == 1, "never overwrites"


def test_rotated_keys_overlap_and_a_running_relay_sees_them(tmp_path: Path) -> None:
    first = made(tmp_path)
    moment = iter([0.0, 0.0, 1.0, 5.0, 5.0])
    running = IdentityFolder(folder(tmp_path), real=lambda: next(moment))
    assert site(tmp_path, "rotate", "--overlap-days", "10").exit_code == 0
    second = card(tmp_path)
    require_genuine(second, second.issued_at, signed_with)
    require_successor(first, second)
    assert signing_key(second.keys, second.issued_at).id == first.keys[0].id
    assert [key.valid_until is None for key in second.sealing_keys] == [False, True]
    seen = [running.current(), running.current(), running.current()]
    assert [each.card.serial for each in seen if each] == [1, 1, 2]


def test_keys_are_not_rotated_twice_within_the_overlap(tmp_path: Path) -> None:
    made(tmp_path)
    assert site(tmp_path, "rotate").exit_code == 0
    before = card(tmp_path)
    result = site(tmp_path, "rotate")
    assert result.exit_code == 1
    assert "rotation_under_way" in result.output
    assert card(tmp_path) == before


def test_a_revoked_only_key_is_replaced_and_the_operator_told_to_hand_the_card_over(tmp_path: Path) -> None:
    first = made(tmp_path)
    result = site(tmp_path, "revoke", first.keys[0].id, "--reason", "笔记本被盗")
    assert result.exit_code == 0, result.output
    assert "tongban link learn" in result.output
    second = card(tmp_path)
    assert second.keys[0].revoked_at is not None
    assert signing_key(second.keys, second.issued_at).id != first.keys[0].id
    again = site(tmp_path, "revoke", first.keys[0].id, "--reason", "x")
    assert "key_revoked_already" in again.output


def test_within_an_overlap_a_revocation_needs_no_hand(tmp_path: Path) -> None:
    first = made(tmp_path)
    site(tmp_path, "rotate")
    known = card(tmp_path)
    result = site(tmp_path, "revoke", first.keys[0].id, "--reason", "笔记本被盗")
    assert "tongban link learn" not in result.output
    require_successor(known, card(tmp_path))


def test_with_the_root_key_a_stolen_key_is_replaced_and_nobody_compares_anything(tmp_path: Path) -> None:
    root = tmp_path / "safe" / "root.pem"
    root.parent.mkdir()
    result = site(tmp_path, "init", "610902.hanbin", "--name", "汉滨", "--root-key", str(root))
    assert f"take {root} off this machine" in result.output
    assert stat.S_IMODE(root.stat().st_mode) == 0o600
    first = card(tmp_path)
    assert first.is_rooted
    assert not [each for each in folder(tmp_path).iterdir() if each.read_text() == root.read_text()]
    site(tmp_path, "rotate")
    stolen = card(tmp_path)
    assert not stolen.is_rooted, "everyday changes go without it"
    require_successor(first, stolen)
    result = site(
        tmp_path, "revoke", first.keys[0].id, "--reason", "被盗", "--root-key", str(root), "--behind-card", "7"
    )
    assert "tongban link learn" not in result.output
    second = card(tmp_path)
    require_genuine(second, second.issued_at, signed_with)
    assert (second.serial, second.is_rooted) == (8, True)
    require_successor(first, second)


def test_another_root_key_follows_by_the_word_of_the_former_and_nobody_compares_anything(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"root-{number}.pem" for number in (1, 2, 3))
    site(tmp_path, "init", "610902.hanbin", "--name", "汉滨", "--root-key", str(one))
    first = card(tmp_path)
    result = site(tmp_path, "root", str(two), "--former", str(one))
    assert "tongban link learn" not in result.output
    assert stat.S_IMODE(two.stat().st_mode) == 0o600
    assert "another key" in site(tmp_path, "root", str(three), "--former", str(one)).output
    assert site(tmp_path, "root", str(three), "--former", str(two)).exit_code == 0
    last = card(tmp_path)
    require_genuine(last, last.issued_at, signed_with)
    require_successor(first, last)
    assert (last.is_rooted, len(last.former_roots)) == (True, 2)
    assert "another key" in site(tmp_path, "rotate", "--root-key", str(one)).output
    assert site(tmp_path, "root", str(one), "--former", str(three)).exit_code != 0, "a former one doesn't come back"
    assert site(tmp_path, "root", "--remove", "--former", str(three)).exit_code == 2
    assert site(tmp_path, "root", str(three), "--former", str(tmp_path / "none.pem")).exit_code != 0
    assert card(tmp_path) == last
    said = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    done = [each for each in said if each["action"] == "site_root_followed"]
    assert [each["former"] for each in done] == [each.key.id for each in last.former_roots]


def test_a_root_key_is_given_later_and_another_key_is_not_taken_for_it(tmp_path: Path) -> None:
    first = made(tmp_path)
    root, other = tmp_path / "root.pem", tmp_path / "other.pem"
    assert "tongban link learn" in site(tmp_path, "root", str(root)).output
    second = card(tmp_path)
    assert second.is_rooted
    with pytest.raises(CardRefused, match="card_root_changed"):
        require_successor(first, second)
    site(tmp_path / "elsewhere", "init", "610903.hanyin", "--name", "汉阴", "--root-key", str(other))
    assert "another key" in site(tmp_path, "rotate", "--root-key", str(other)).output
    assert "root-key" in site(tmp_path, "revoke", first.keys[0].id, "--reason", "x", "--behind-card", "9").output
    assert card(tmp_path) == second
    assert site(tmp_path, "root", "--remove").exit_code == 0
    assert card(tmp_path).root is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("revoke", "ed25519:0123456789abcdef", "--reason", "x"),
        ("revoke", "ed25519:0123456789abcdef", "--reason", " "),
        ("rotate", "--overlap-days", "0"),
        ("rotate", "--overlap-days", "1000"),
        ("certificate", "missing.pem", "--authority", "missing.pem"),
        ("certificate", "missing.pem"),
    ],
)
def test_what_cannot_be_done_changes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    before = made(tmp_path)
    result = site(tmp_path, *arguments)
    assert result.exit_code == 1, result.output
    assert card(tmp_path) == before


@pytest.mark.parametrize("command", ["card", "rotate", "certificate"])
def test_a_site_without_an_identity_is_told_so(tmp_path: Path, command: str) -> None:
    result = site(tmp_path, command)
    assert result.exit_code == 1
    assert "tongban site init" in result.output


def test_a_new_line_certificate_is_told_beside_the_former_one(tmp_path: Path) -> None:
    first = made(tmp_path)
    assert site(tmp_path, "certificate", "--endpoint", "grpcs://new.example:7443").exit_code == 0
    second = card(tmp_path)
    assert second.certificates == (*first.certificates, (folder(tmp_path) / "tls.crt").read_text())
    assert second.endpoints == ("grpcs://new.example:7443",)
    require_successor(first, second)


def test_an_issued_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "other")
    chain = str(folder(tmp_path / "other") / "tls.crt")
    before = card(tmp_path / "one")
    result = site(tmp_path / "one", "certificate", chain, "--authority", chain)
    assert "another key" in result.output
    assert card(tmp_path / "one") == before
    own = str(folder(tmp_path / "one") / "tls.crt")
    assert site(tmp_path / "one", "certificate", own, "--authority", own).exit_code == 0


def test_a_damaged_folder_is_named_at_the_start(tmp_path: Path) -> None:
    first = made(tmp_path)
    key = folder(tmp_path) / f"{first.keys[0].id.replace(':', '-')}.pem"
    text = key.read_text()
    key.unlink()
    with pytest.raises(SettingsError, match="missing"):
        load_identity(folder(tmp_path))
    made(tmp_path / "other")
    key.write_text(
        (folder(tmp_path / "other") / f"{card(tmp_path / 'other').keys[0].id.replace(':', '-')}.pem").read_text()
    )
    with pytest.raises(SettingsError, match="another key"):
        load_identity(folder(tmp_path))
    key.write_text(text)
    (folder(tmp_path) / "site.json").write_text("{}")
    with pytest.raises(SettingsError, match="no site's card"):
        load_identity(folder(tmp_path))
