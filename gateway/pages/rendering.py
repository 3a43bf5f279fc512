"""How templates become answers: one way to render a page, and what every template may use."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from google.protobuf.timestamp_pb2 import Timestamp
from markupsafe import Markup

from gateway.auth import CSRF_FIELD, csrf_token, identity
from gateway.context import current_gateway
from gateway.pages import labels
from gateway.pages.codes import grouped
from gateway.pages.forms import KEY_FIELD
from gateway.pages.notices import NOTICES
from kit.timestamps import from_timestamp
from kit.workdays.zone import CENTER_ZONE, WEEKDAYS

#: What an applicant may show.
ID_TYPES = ("resident_id", "credit_code", "passport", "other")

HERE = Path(__file__).parent
#: What is ours, and what npm brought.
STATIC = HERE / "static"
ASSETS = HERE.parents[1] / "build" / "assets"


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A rendered page that no cache keeps."""
    response = make_response(render_template(template, **context), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def see(endpoint: str, *, done: str = "", **values: Any) -> Response:
    """Sends the browser on after something was done; ``done`` names the notice that the next page shows."""
    if done:
        values["done"] = done
    return make_response(redirect(url_for(endpoint, **values), 303))


def is_fragment() -> bool:
    """Whether htmx asks for a part of a page rather than somebody for the whole."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def local(timestamp: Timestamp) -> datetime:
    """A time in the centers' zone."""
    return from_timestamp(timestamp).astimezone(CENTER_ZONE)


def day(timestamp: Timestamp) -> str:
    """2026年11月23日 星期一; empty when it isn't set."""
    if timestamp == Timestamp():
        return ""
    at = local(timestamp)
    return f"{at.year}年{at.month}月{at.day}日 {WEEKDAYS[at.weekday()]}"


def moment(timestamp: Timestamp) -> str:
    """2026-11-23 10:00; empty when it isn't set."""
    return "" if timestamp == Timestamp() else local(timestamp).strftime("%Y-%m-%d %H:%M")


def clock(timestamp: Timestamp) -> str:
    """10:00; empty when it isn't set."""
    return "" if timestamp == Timestamp() else local(timestamp).strftime("%H:%M")


def wait(seconds: int) -> str:
    """A wait in whole minutes, rounded up."""
    minutes = -(-seconds // 60)
    if minutes < 60:
        return f"约 {max(minutes, 1)} 分钟"
    return f"约 {minutes // 60} 小时" + (f" {minutes % 60} 分钟" if minutes % 60 else "")


def lasted(step: Any) -> str:
    """How long a step was with whoever did it: 2 天 3 小时; less than an hour in minutes."""
    minutes = max(0, step.done_at.seconds - step.opened_at.seconds) // 60
    if minutes < 60:
        return f"{minutes} 分钟"
    hours = minutes // 60
    return f"{hours} 小时" if hours < 24 else f"{hours // 24} 天 {hours % 24} 小时"


def limit(message: Any) -> str:
    """A time limit in words; an amount of 0 is on the spot."""
    if not message.unit:
        return "未设定"
    return f"{message.amount} {labels.label_of(message, 'unit')}" if message.amount else "当场办结"


def yuan(fen: int) -> str:
    """Fen as people read money: 1,234.50 元."""
    return f"{fen // 100:,}.{fen % 100:02} 元"


def answers(form_json: str) -> list[tuple[str, str]]:
    """What somebody answered to a form, question by question; nothing for what isn't a form's answers."""
    try:
        said = json.loads(form_json or "{}")
    except ValueError:
        return []
    return [(name, str(value)) for name, value in said.items()] if isinstance(said, dict) else []


def csrf_field() -> Markup:
    """The hidden field that proves that a form comes from our own page."""
    token = csrf_token(current_gateway().authenticator)
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def key_field() -> Markup:
    """The hidden field that makes a creating form sent twice create once."""
    key = request.form.get(KEY_FIELD) or secrets.token_urlsafe(16)
    return Markup('<input type="hidden" name="{}" value="{}">').format(KEY_FIELD, key)


def install(app: Flask) -> None:
    """Gives every template the filters and functions above."""
    versions = {path.relative_to(root).as_posix(): _version(path) for root in (STATIC, ASSETS) for path in _files(root)}

    def ours(name: str) -> str:
        return url_for("assets.our_static", name=name, v=versions.get(name, ""))

    def theirs(name: str) -> str:
        return url_for("assets.vendor_static", name=name, v=versions.get(name, ""))

    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(
        grouped=grouped,
        day=day,
        moment=moment,
        clock=clock,
        wait=wait,
        lasted=lasted,
        limit=limit,
        yuan=yuan,
        answers=answers,
        word=labels.word,
        spoken=labels.spoken,
        crossing_delivery=labels.crossing_delivery,
    )
    env.globals.update(
        label=labels.label_of,
        state=labels.state_of,
        LABELS=labels.LABELS,
        csrf_field=csrf_field,
        key_field=key_field,
        ours=ours,
        theirs=theirs,
        me=identity,
        id_types=lambda: [(name, labels.WORDS[name]) for name in ID_TYPES],
        refusal_options=lambda: list(labels.LABELS["RefusalKind"].items()),
        delivery_options=lambda: list(labels.LABELS["DeliveryMethod"].items()),
        delivery_choices=lambda agreed: [(each, labels.crossing_delivery(each)) for each in agreed],
        reason_options=lambda reasons: [(reason, reason) for reason in reasons],
        procedure_options=lambda kinds: [(kind, labels.WORDS[kind]) for kind in kinds],
        topic_options=lambda: list(labels.LABELS["Topic"].items()),
        notice=lambda: NOTICES.get(request.args.get("done", ""), ""),
    )


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.suffix in {".css", ".js", ".svg"}]


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
