"""Logs: a line an event on standard error, as text or as JSON, with the trace and the request that it belongs to.

No personal data is ever logged: messages hold ids, routes and codes. Behind that stands a net for what nobody foresaw,
such as a driver's error that quotes a document: what looks like an ID number or a mobile phone is blotted out. The
tests look for the blots as well as for the numbers, so the net hides no mistake of ours.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import orjson

from kit.telemetry.tracing import request_id, span_id, trace_id
from kit.telemetry_settings import TelemetrySettings

#: What stands where a number was blotted out.
BLOT: Final = "[redacted]"
#: Resident ID numbers (GB 11643), in the old form too, and mobile phones, where no longer word goes on around them.
_PERSONAL: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"
    r"|[1-9]\d{5}\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}"
    r"|(?:\+?86[- ]?)?1[3-9]\d{9})(?![0-9A-Za-z])"
)


#: What each of them has: looked for first, as it takes a tenth of the time and most lines have none.
_LONG: Final = re.compile(r"[0-9]{11}")


def blotted(text: str) -> str:
    """The text without what looks like a person's number."""
    return _PERSONAL.sub(BLOT, text) if _LONG.search(text) is not None else text


class TextFormatter(logging.Formatter):
    """Time, level, service, logger and message, for whoever reads along."""

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {service} %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return blotted(super().format(record))


class JsonFormatter(logging.Formatter):
    """One object a line. What a record carries as ``facts`` (``extra={"facts": {…}}``) becomes its own fields."""

    def __init__(self, service: str, site: str) -> None:
        super().__init__()
        self._origin = {"service": service, "site": site}

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            **self._origin,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in (("trace_id", trace_id()), ("span_id", span_id()), ("request_id", request_id())):
            if value:
                line[name] = value
        facts = getattr(record, "facts", None)
        if isinstance(facts, Mapping):
            line |= facts
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return blotted(orjson.dumps(line, default=str).decode())


def set_up_logging(service: str, site: str, settings: TelemetrySettings) -> None:
    """Sends everything that this process logs to standard error in the form that is asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service, site) if settings.log_format == "json" else TextFormatter(service))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
