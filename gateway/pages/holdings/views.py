"""One's own certificates and papers, who looked at them, and taking one off (国办函〔2016〕108号)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import citizen
from gateway.pages.lookups import clients
from gateway.pages.rendering import page, see
from tongban.certificates.v1 import service_pb2 as certificates

blueprint = Blueprint("holdings", __name__)

SHOWN = 30


@blueprint.get("/my/holdings")
@citizen
def mine() -> Response:
    """What is on file of oneself, and who looked at it."""
    wanted = certificates.ListMyHoldingsRequest(limit=SHOWN, cursor=request.args.get("cursor", ""))
    found = ask(clients().certificates.ListMyHoldings, wanted)
    looks = ask(clients().certificates.ListHoldingLooks, certificates.ListHoldingLooksRequest(limit=SHOWN)).looks
    return page("holdings/mine.html", holdings=found.holdings, more=found.next_cursor, looks=looks)


@blueprint.post("/my/holdings/<holding_id>/withdraw")
@citizen
def withdraw(holding_id: str) -> Response:
    """Takes a paper off the file."""
    ask(clients().certificates.WithdrawHolding, certificates.WithdrawHoldingRequest(holding_id=holding_id))
    return see("holdings.mine", done="holding_withdrawn")
