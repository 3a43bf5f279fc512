"""How every process begins: its log, and its end when it can't begin. Apart from the chassis, which not all need."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from kit.errors import TongbanError
from kit.setting_names import check_names
from kit.settings import ServiceSettings, SettingsError
from kit.telemetry import logs


def set_up_logging(service: str, settings: ServiceSettings) -> None:
    """One line an event on standard error, as text or JSON; no personal data is ever logged."""
    logs.set_up_logging(service, settings.site, settings)


def run_main(main: Callable[[], None]) -> None:
    """Runs a service's main; what is wrong with settings or data is said in one line, with exit code 2.

    What it writes is for its own user only: it holds people's data, and its sockets take calls.
    """
    os.umask(0o077)
    try:
        check_names(os.environ)
        main()
    except (SettingsError, TongbanError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
