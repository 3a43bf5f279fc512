"""A form: what somebody typed, and what is wrong with it, field by field."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from flask import Response, request
from werkzeug.datastructures import MultiDict

from kit.errors import Invalid, Stale, TongbanError

#: Hidden fields: so that a form sent twice creates once, and an edit of what has changed meanwhile is refused.
KEY_FIELD = "idempotency_key"
VERSION_FIELD = "version"


@dataclass
class Form:
    """The values of a form and the errors beside them."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    #: What is wrong in general; shown above the form.
    message: str = ""
    status: int = 200
    #: The last part of the address that it was sent to: which of a page's forms it is.
    action: str = ""

    @classmethod
    def sent(cls) -> Form:
        """What the request at hand has sent."""
        return cls(request.form, action=request.path.rpartition("/")[2])

    @classmethod
    def blank(cls, **values: str) -> Form:
        """An empty one, but for these values."""
        return cls(values)

    def text(self, name: str) -> str:
        """A field's text without surrounding blanks; empty when it wasn't sent."""
        return self.values.get(name, "").strip()

    def all(self, name: str) -> list[str]:
        """Every value of a field that several boxes have."""
        return self.values.getlist(name) if isinstance(self.values, MultiDict) else []

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def number(self, name: str) -> int:
        """A field's whole number, 0 when empty. Raises ``Invalid``."""
        text = self.text(name)
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise Invalid("number_invalid", "请填写数字。", field=name)
        return int(text)

    @property
    def version(self) -> int:
        """The version that the sender saw. Raises ``Invalid`` when the form doesn't say it."""
        version = self.number(VERSION_FIELD)
        if version == 0:
            raise Invalid("version_missing", "页面不完整，请刷新后重新提交。")
        return version

    @property
    def key(self) -> str:
        """The key that makes sending this form twice one act."""
        return self.text(KEY_FIELD)[:64] or secrets.token_urlsafe(16)

    def refuse(self, error: TongbanError) -> None:
        """Keeps an error to show it where it belongs."""
        self.status = error.status
        self.message = error.message
        if isinstance(error, Stale):
            self.message = "内容刚刚在别处有更新（其他人员，或您的另一个页面），以下是最新内容，请核对后重新提交。"
        wrong = error.details.get("field", "")
        if wrong:
            if wrong.startswith("form."):
                # A field of an item's own form, which may be called like one of the page's.
                self.errors[wrong] = error.message
                return
            # A service names a part of a message by its path; forms call it by its end, or by both where that is taken.
            for name in (wrong, wrong.rpartition(".")[2], wrong.replace(".", "_")):
                self.errors[name] = error.message

    def with_value(self, name: str, value: str) -> Form:
        """This form with a value for one field, as what is known already."""
        return replace(self, values={**self.values, name: value})

    def on(self, action: str) -> Form:
        """This form where it is the one that was sent, otherwise a blank one: pages have several."""
        return self if self.action == action else Form.blank()


#: Does what a form asks for, and names the notice that the next page shows.
Act = Callable[[Form], str]


def carry_out(act: Callable[[Form], Response], again: Callable[[Form], Response]) -> Response:
    """Does what the form at hand asks for; where that is refused, shows its page again with what is wrong."""
    form = Form.sent()
    try:
        return act(form)
    except TongbanError as error:
        form.refuse(error)
        return again(form)
