"""The demo of sites that are joined: small here, in full by `make demo-federation`."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from cli.demo_federation.command import run


def test_both_ends_know_the_same_though_the_line_was_cut_and_a_relay_killed() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tf-"))  # short: a socket's path has 107 bytes
    try:
        assert run(folder / "d", cases=8, seed=20261123, small=True) == 0
        figures = json.loads((folder / "d" / "summary.json").read_text())
        assert figures["differences"] == []
        assert figures["cases"] == 8
        assert set(figures["modes"]) == {"collect_for", "fully_online", "multi_place", "sent_up"}
        assert figures["line_cuts"] >= 1
        ours, theirs = (
            (folder / "d" / f"histories-{end}.txt").read_text().splitlines() for end in ("collecting", "handling")
        )
        assert ours == theirs
        assert len(ours) >= 6 * 3
    finally:
        shutil.rmtree(folder, ignore_errors=True)
