"""What the REST API leaves out, and why."""

from __future__ import annotations

#: RPCs that no route of the API leads to, with the reason.
BY_NO_ROUTE: dict[str, str] = {
    **dict.fromkeys(
        (
            "GetSiteCard", "ListLinks", "GetLink", "ProposeLink", "AcceptLink", "ConfirmLink", "SuspendLink",
            "ResumeLink", "RevokeLink", "SetLinkLimits", "LearnCard", "SetRoute", "ReanchorLink", "ListEvidence",
        ),
        "who is trusted is decided at the machine, by `tongban link` and `tongban relay route`",
    ),
    **dict.fromkeys(("ExportBundle", "ImportBundle"), "files that are carried by hand: `tongban relay export|import`"),
    **dict.fromkeys(("ExportHistory", "RenderHistory"), "whole letters: `tongban relay history`"),
    **dict.fromkeys(("FindHoldings", "UseHolding"), "asked by intake, which knows who applies for what"),
    "CarryFiles": "asked by approval_routing where a case goes on to another site",
    "VerifyCasePaper": "asked by the route of VerifyPaper where the code's last letter says so",
    **dict.fromkeys(("KeepAttachment", "ReadAttachment"), "files of letters, for services that show and audit them"),
}  # fmt: skip
