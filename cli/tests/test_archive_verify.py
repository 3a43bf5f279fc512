"""``tongban archive verify`` says whether a package is whole, without a site."""

import hashlib
import json
import zipfile
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app


def package(path: Path, *, said: bytes = b"") -> None:
    """The least that is a package: a list without files."""
    listed = said or json.dumps({"number": "YJ610902-2026-00001", "files": []}).encode()
    digest = hashlib.sha256(listed).hexdigest()
    index = (
        f'<mets:file ID="f" CHECKSUM="{digest}"><mets:FLocat LOCTYPE="URL" xlink:href="hand-over.json" /></mets:file>'
        '<mets:fptr FILEID="f" />'
    ).encode()
    manifest = f"{digest}  hand-over.json\n{hashlib.sha256(index).hexdigest()}  mets.xml\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest-sha256.txt", manifest)
        archive.writestr("mets.xml", index)
        archive.writestr("hand-over.json", listed)


def test_a_whole_package_is_told_with_its_number(tmp_path: Path) -> None:
    package(tmp_path / "a.zip")
    done = CliRunner().invoke(app, ["archive", "verify", str(tmp_path / "a.zip")])
    assert done.exit_code == 0, done.output
    assert "whole. Hand-over YJ610902-2026-00001" in done.output


def test_what_is_no_package_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"nothing")
    done = CliRunner().invoke(app, ["archive", "verify", str(tmp_path / "b.zip")])
    assert done.exit_code == 1
    assert "无法读取" in done.output
