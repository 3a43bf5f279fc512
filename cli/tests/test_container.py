"""What a container of the image runs besides the services: the making of keys, and the health check."""

from __future__ import annotations

import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.healthcheck import is_well
from cli.keys import make
from cli.refusal import Refusal
from cli.site import Site
from kit.actor import Actor, TokenSigner, TokenVerifier
from kit.clock import FixedClock
from kit.rpc.server import RpcServer
from kit.testing import MONDAY


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(tmp_path / "keys")
    make(site)
    files = {path.name: path for path in site.secret_dir.iterdir()}
    assert set(files) == {"actor.pem", "actor.pub.pem", "site.secret"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    before = {name: path.read_bytes() for name, path in files.items()}
    token = TokenSigner(before["actor.pem"].decode()).sign(Actor("a", roles=frozenset({"clerk"})))
    assert TokenVerifier(before["actor.pub.pem"].decode()).verify(token).id == "a"
    make(site)
    assert {name: path.read_bytes() for name, path in files.items()} == before
    said = capsys.readouterr().out
    assert "were already in" in said
    assert all(name in said for name in files)


def test_a_folder_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"no keys can be made in .*file"):
        make(Site(tmp_path / "file"))


def test_the_health_check_asks_a_service_where_it_listens_and_believes_it(tmp_path: Path) -> None:
    _, public = _key(tmp_path)
    server = RpcServer([], TokenVerifier(public), FixedClock(MONDAY), listen="0.0.0.0:0", workers=1)
    environment = {"TONGBAN_LISTEN": f"0.0.0.0:{server.port}", "TONGBAN_PORT": "1"}
    server.start()
    assert not is_well(environment)
    server.ready()
    assert is_well(environment)
    assert is_well({"TONGBAN_LISTEN": "0.0.0.0:1", "TONGBAN_HEALTH_LISTEN": f"127.0.0.1:{server.port}"})
    server.stop(0)
    assert not is_well(environment)


def test_the_health_check_asks_the_gateway_where_nobody_is_told_to_listen() -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as gateway:
        thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert is_well({"TONGBAN_PORT": str(gateway.server_port)})
        gateway.shutdown()
        thread.join()
    assert not is_well({"TONGBAN_PORT": str(gateway.server_port)})


def _key(folder: Path) -> tuple[str, str]:
    site = Site(folder)
    site.secret_dir.mkdir()
    site.create_keys()
    return site.private_key_file.read_text(), site.public_key_file.read_text()
