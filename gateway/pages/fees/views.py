"""A bill for whoever holds its case's code: what is owed, by what law, how it is paid (rules H01, H04)."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect

from gateway.clients import ask
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from tongban.fees.v1 import service_pb2 as fees

blueprint = Blueprint("bill", __name__)


@blueprint.get("/bills/<code>")
def show(code: str) -> Response:
    """What is owed, what was paid."""
    return _show(code, Form.blank())


@blueprint.post("/bills/<code>/pay")
def pay(code: str) -> Response:
    """On to where it is paid online."""

    def act(form: Form) -> Response:
        answer = ask(clients().fees.StartPayment, fees.StartPaymentRequest(code=code))
        if answer.bill.sandbox:
            return see("bill.sandbox", code=code)
        return make_response(redirect(answer.address, 303))

    return carry_out(act, lambda form: _show(code, form))


@blueprint.get("/bills/<code>/sandbox")
def sandbox(code: str) -> Response:
    """The provider that only plays."""
    return _sandbox(code, Form.blank())


@blueprint.post("/bills/<code>/sandbox")
def pay_in_sandbox(code: str) -> Response:
    """Pays there."""

    def act(form: Form) -> Response:
        ask(clients().fees.PayInSandbox, fees.PayInSandboxRequest(code=code))
        return see("bill.show", code=code, done="paid")

    return carry_out(act, lambda form: _sandbox(code, form))


def _sandbox(code: str, form: Form) -> Response:
    bill = ask(clients().fees.GetBillByCode, fees.GetBillByCodeRequest(code=code)).bill
    if not bill.sandbox:
        return _show(code, form)
    return page("fees/sandbox.html", status=form.status, bill=bill, code=code, form=form, center=center(bill.center_id))


def _show(code: str, form: Form) -> Response:
    bill = ask(clients().fees.GetBillByCode, fees.GetBillByCodeRequest(code=code)).bill
    return page("fees/bill.html", status=form.status, bill=bill, code=code, form=form, center=center(bill.center_id))
