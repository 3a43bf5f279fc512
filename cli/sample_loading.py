"""How far the sample federation was loaded into a site, and loading it while the site starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

from cli.processes import PARENT_FD, Supervisor
from cli.refusal import Refusal
from cli.site import Site


def sample_state(site: Site) -> str:
    """``loading``, ``loaded``, or empty where there is none."""
    try:
        return str(json.loads(site.sample_file.read_text(encoding="utf-8"))["state"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{site.sample_file} can't be read ({error}); remove it, then `tongban seed`.") from error


def load_beside(site: Site, wanted: bool, supervisor: Supervisor) -> bool:
    """Runs ``tongban seed`` beside the children where that is due; whether the sample is there afterwards."""
    if sample_state(site) == "loaded":
        return True
    if not wanted:
        return False
    loader = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "seed", "--if-empty", "--data", str(site.data)],
        stdin=subprocess.DEVNULL,
        env={**os.environ, PARENT_FD: str(supervisor.lifeline)},
        pass_fds=(supervisor.lifeline,),
        process_group=0,
    )

    def watch() -> None:
        loader.wait()
        supervisor.wake()

    threading.Thread(target=watch, daemon=True).start()
    try:
        supervisor.run(until=lambda: loader.poll() is not None)
    finally:
        if loader.poll() is None:
            loader.terminate()  # what is loaded stays, and the next start goes on
            loader.wait()
    if loader.returncode and not supervisor.stopping:
        print(
            "tongban: the sample federation could not be loaded; the site runs without it (see above; `tongban seed` goes on)",
            file=sys.stderr,
            flush=True,
        )
    return sample_state(site) == "loaded"
