"""What is on file isn't shown again: taken from there at the window and online (rules C15)."""

from __future__ import annotations

import time
from typing import Final

from cli.demo.rest import Json, Rest

#: How long the demo waits for what an event brings on file, in seconds of real time.
_PATIENCE: Final = 30.0
_REUSED: Final = ("reuse", "library")


def reusable_key(item: Json, name: str) -> str:
    """The material of this name, where the item lets it come from the file; empty: it doesn't."""
    found = (each["key"] for each in item["materials"] if each["name"] == name and each["obtained"] in _REUSED)
    return next(found, "")


def without(body: Json, key: str) -> Json:
    """An application with one material that isn't shown."""
    return {**body, "materials": [each for each in body["materials"] if each["key"] != key]}


def take_at_window(clerk: Rest, application: Json, key: str) -> Json:
    """The window takes what is on file of the applicant; the application with it."""
    path = f"applications/{application['id']}"
    offer = _offered(clerk, f"{path}/reusable-materials", key)
    return clerk.post(f"{path}/materials/{key}/reuse", {"holding_id": offer}, does="reused")


def choose_online(citizen: Rest, center: str, item: Json, key: str) -> list[Json]:
    """What the applicant chooses on the form, of what is on file of themselves."""
    offer = _offered(citizen, f"centers/{center}/items/{item['id']}/material-offers", key)
    return [{"material_key": key, "holding_id": offer}]


def _offered(who: Rest, path: str, key: str) -> str:
    end = time.monotonic() + _PATIENCE
    while True:
        for each in who.get(path)["offers"]:
            if each["material_key"] == key:
                return str(each["holding_id"])
        if time.monotonic() > end:
            raise LookupError(f"nothing came on file for {key} within {_PATIENCE:.0f} s")
        time.sleep(0.02)
