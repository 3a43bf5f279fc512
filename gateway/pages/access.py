"""Who may open which page. The services check each act again; this only shows people the right door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, request, url_for

from gateway.auth import identity
from kit.errors import Forbidden
from tongban.workforce.v1.messages_pb2 import Principal

P = ParamSpec("P")


@dataclass(frozen=True)
class Desk:
    """Where people of some roles work: a menu entry."""

    endpoint: str
    name: str
    roles: frozenset[str]
    #: The pages that belong to it, by what their endpoints begin with.
    pages: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether the request at hand is for one of its pages."""
        return (request.endpoint or "").startswith(self.pages)


#: In the order of the menu: the first that one may open is one's home.
DESKS = (
    Desk(
        "counter.choose",
        "窗口办理",
        frozenset({"clerk", "chief"}),
        ("counter.", "intake.", "files.", "committing.", "results.", "printing."),
    ),
    Desk("collecting.listed", "跨域通办", frozenset({"clerk", "chief"}), ("collecting.", "owning.")),
    Desk(
        "approval.cases", "审批", frozenset({"reviewer", "approver", "chief"}), ("approval.", "acts.", "case_history.")
    ),
    Desk(
        "oversight.overview",
        "监察",
        frozenset({"supervisor", "manager"}),
        ("oversight.overview", "cards.", "deadlines.", "rules_desk.", "accountability_desk.points"),
    ),
    Desk("cards.listed", "红黄牌", frozenset({"chief"}), ("cards.", "rules_desk.")),
    Desk("orders.listed", "督办", frozenset({"chief", "supervisor", "manager"}), ("orders.",)),
    Desk(
        "accountability_desk.listed",
        "责任追究",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("accountability_desk.listed", "accountability_desk.show"),
    ),
    Desk("rectification.listed", "差评整改", frozenset({"chief", "supervisor", "manager"}), ("rectification.",)),
    Desk("fees_desk.listed", "收费", frozenset({"clerk", "chief", "supervisor", "manager"}), ("fees_desk.",)),
    Desk(
        "licences_desk.listed",
        "证照",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("licences_desk.",),
    ),
    Desk(
        "promising.listed",
        "承诺台账",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("promising.",),
    ),
    Desk(
        "denying.listed",
        "否定报备",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("denying.",),
    ),
    Desk(
        "keeping.listed",
        "材料交接",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("keeping.", "left_papers."),
    ),
    Desk("complaint_desk.cases", "投诉处理", frozenset({"supervisor", "manager"}), ("complaint_desk.",)),
    Desk(
        "cooperation_desk.parts",
        "站点协同",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("cooperation_desk.", "joints_desk.", "feedback_desk.", "standards_desk.", "figures_desk."),
    ),
    Desk(
        "talk_desk.questions",
        "征询",
        frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager"}),
        ("talk_desk.",),
    ),
    Desk(
        "covers_desk.listed",
        "顶岗委托",
        frozenset({"clerk", "chief", "reviewer", "approver", "manager"}),
        ("covers_desk.",),
    ),
    Desk(
        "archive.listed",
        "档案",
        frozenset({"clerk", "chief", "supervisor", "manager", "archivist"}),
        ("archive.", "archive_hand_overs_desk.", "destructions_desk."),
    ),
    Desk(
        "archive_hand_overs_desk.listed",
        "案卷接收",
        frozenset({"reviewer", "approver"}),
        ("archive_hand_overs_desk.",),
    ),
    Desk("management.windows", "中心管理", frozenset({"manager"}), ("management.", "agreements_desk.", "seals_desk.")),
    Desk("seals_desk.listed", "印章", frozenset({"supervisor"}), ("seals_desk.",)),
    Desk("relay_desk.links", "站点互联", frozenset({"admin", "manager"}), ("relay_desk.", "relay_anchoring.")),
    # Whoever operates a site sets and counts for it, but has no part in its cases.
    Desk("standards_desk.listed", "标准与日报", frozenset({"admin"}), ("standards_desk.", "figures_desk.")),
)


def desks() -> list[Desk]:
    """The desks that whoever asks may open."""
    return [desk for desk in DESKS if not desk.roles.isdisjoint(identity().actor.roles)]


def principal() -> Principal:
    """The member of staff who asks. Raises ``Forbidden`` when it is somebody else."""
    found = identity().principal
    if found is None:
        raise Forbidden("role_not_allowed", "此页面仅供工作人员使用，请使用工作人员账号登录。")
    return found


def staff(*roles: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Lets only staff with one of these roles open a page; others are asked to sign in, or refused."""

    def guard(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            if identity().principal is None and not identity().actor.has("citizen"):
                return to_sign_in()
            if principal().must_change_password:
                return make_response(redirect(url_for("signin.password"), 303))
            identity().actor.require(*roles)
            return view(*args, **kwargs)

        return guarded

    return guard


def citizen(view: Callable[P, Response]) -> Callable[P, Response]:
    """Lets only a signed-in citizen open a page; whoever hasn't signed in is asked to, staff are refused."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if identity().anonymous:
            return to_sign_in("citizen.form")
        if not identity().actor.has("citizen"):
            raise Forbidden("role_not_allowed", "此页面供群众本人使用；窗口代办请到“跨域通办”办理。")
        return view(*args, **kwargs)

    return guarded


def to_sign_in(door: str = "signin.form") -> Response:
    """Asks for a sign-in and comes back to the page at hand afterwards; ``door`` is the page that asks."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    target = url_for(door, next=back or None)
    response = make_response(redirect(target, 303))
    if request.headers.get("HX-Request") == "true":
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url_for(door)
    return response


def local_path(target: str) -> str:
    """A path of this site that a sign-in may lead to; empty when it would lead elsewhere."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if plain and not parts.scheme and not parts.netloc else ""
