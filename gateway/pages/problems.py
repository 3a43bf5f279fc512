"""Errors as pages: what is wrong, and what one can do about it."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, after_this_request, render_template, request, url_for

from gateway.pages.rendering import is_fragment

_ADVICE: Final = {
    400: ("返回上一页，刷新后重新操作。",),
    401: ("登录后重新打开此页面。", "如果刚才正在填写表单，请登录后重新填写。"),
    403: ("核对登录的账号和所在中心。", "如需开通权限，请联系中心管理人员。"),
    404: ("核对地址是否完整；也可以到“进度查询”页面输入查询码。", "如果扫码打开，请重新扫描凭证上的二维码。"),
    405: ("返回上一页，从页面上的按钮重新操作。",),
    409: ("返回上一页并刷新，查看最新状态后再操作。",),
    412: ("返回上一页并刷新，核对最新内容后重新提交。",),
    413: ("减小文件大小后重新上传。",),
    422: ("返回上一页，按提示修改后重新提交。",),
    429: ("稍等片刻再试。", "如有急事，请到大厅导办台咨询。"),
    500: ("稍后重试。", "如仍不能解决，请将下方追踪编号告知管理员。"),
    503: ("稍后重试，已提交的内容不会丢失。", "如有急事，请到大厅导办台咨询。"),
}
_GENERAL: Final = ("返回上一页重新操作，或到大厅导办台咨询。",)


def render_problem(problem: dict[str, Any]) -> str:
    """The page of a problem document."""
    status = int(problem["status"])
    if is_fragment():
        after_this_request(_keep_what_is_shown)
    repeatable = request.method == "GET" and status in (429, 500, 503)
    back = request.full_path.rstrip("?")
    return render_template(
        "layout/problem.html",
        problem=problem,
        advice=_ADVICE.get(status, _GENERAL),
        again=back if repeatable else "",
        sign_in=url_for("signin.form", next=back if request.method == "GET" else None),
    )


def _keep_what_is_shown(response: Response) -> Response:
    """A part of a page that can't be had just now stays as it is; whoever polls asks again."""
    response.headers["HX-Reswap"] = "none"
    return response
