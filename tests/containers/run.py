"""``make test-containers``: an engine, the images, the suites on the servers in containers, and what it all ran on.

``python -m tests.containers.run [pytest options]``. Where no engine can run it says why and is content: nothing was
tested then, and it says that, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from tests.containers.engine import ROOT, Engine, Missing, engine, say
from tests.containers.images import Images
from tests.servers import kafka, mongo

#: The suites of `make test-kafka`, `test-mongo` and `test-stack`, unchanged, and what only containers can show.
SUITES: Final = ("tests/kafka", "tests/mongo", "tests/stack", "tests/containers")


def main(options: Sequence[str]) -> int:
    """The first failing exit code of pytest; 0 where nothing can run."""
    try:
        with engine() as found:
            say(f"on {found}")
            images = Images(found)
            images.make_servers()
            images.make_product()
            failed = _run(found, [each for each in options if each.startswith("tests/")] or SUITES, options)
            say(
                f"ran on {found}: Apache Kafka {kafka.VERSION} and SecantusDB {mongo.VERSION} (not MongoDB) in "
                "containers, the product's own image, Compose"
            )
            say("NOT CHECKED: the collector and the trace viewer of compose.dev.yml, which have no image here; MongoDB")
            return failed
    except Missing as reason:
        say(f"SKIPPED: {reason}")
        return 0


def _run(found: Engine, suites: Sequence[str], options: Sequence[str]) -> int:
    environment: Mapping[str, str] = {
        **os.environ,
        **found.environment,
        "TONGBAN_TEST_TARGET": "test-containers",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}",
    }
    others = [each for each in options if not each.startswith("tests/")]
    failed = 0
    # One after another: each has servers of its own, and a machine of two cores bears one crowd at a time.
    for suite in suites:
        command = [sys.executable, "-m", "pytest", "-p", "tests.containers.plugin", *others, suite]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        failed = failed or code
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
