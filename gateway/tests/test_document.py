"""The OpenAPI document is whole, valid, and true: what it says is what happens."""

import re
from typing import Any

import jsonschema
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from gateway.clients import SERVICES
from gateway.schemas import components, references
from gateway.testing import FakeSite, fake_app
from kit.errors import Invalid
from kit.rpc.access import service_descriptor
from tests.architecture.routeless import BY_NO_ROUTE
from tongban.catalog.v1.service_pb2 import ExportItemsResponse

UNLIMITED: dict[str, Any] = {
    "rate_address": 0,
    "rate_session": 0,
    "rate_tickets": 0,
    "rate_sign_in": 0,
    "rate_misses": 0,
}
_site = FakeSite()
_site.answers("ExportItems", ExportItemsResponse(content=b"[]"))
_site.answers("ImportItems", Invalid("import_malformed", "文件内容无法识别，请核对格式。"))
_app = fake_app(_site, **UNLIMITED)
DOCUMENT: dict[str, Any] = _app.api_doc()
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def names(operation: tuple[str, str, dict[str, Any]]) -> str:
    return f"{operation[1].upper()} {operation[0]}"


def test_the_document_is_served(client: FlaskClient) -> None:
    served = client.get("/api/v1/openapi.json").get_json()
    assert served["openapi"].startswith("3.1")
    assert served["paths"].keys() == DOCUMENT["paths"].keys()
    assert set(served["components"]["securitySchemes"]) == {"bearer", "cookie"}


def test_every_reference_leads_somewhere() -> None:
    assert references(DOCUMENT) <= set(DOCUMENT["components"]["schemas"])


def test_every_schema_is_a_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_operations_have_names_of_their_own() -> None:
    found = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("at", OPERATIONS, ids=names)
def test_an_operation_says_in_chinese_what_it_does_and_what_may_go_wrong(at: tuple[str, str, dict[str, Any]]) -> None:
    path, _, operation = at
    assert re.search(r"[\u4e00-\u9fff]", operation["summary"])
    responses = operation["responses"]
    assert any(status.startswith("2") for status in responses)
    assert {"400", "401", "403", "404", "409", "422", "429", "500", "503"} <= set(responses)
    assert ("413" in responses) == ("requestBody" in operation)
    assert set(re.findall(r"{(\w+)}", path)) == {
        each["name"] for each in operation.get("parameters", []) if each["in"] == "path"
    }


def test_a_component_that_no_message_has_is_our_mistake() -> None:
    with pytest.raises(LookupError):
        components(["NoSuchMessage"], ["tongban.queuing.v1"])


# ── schemathesis: many requests, good and bad, against services that answer with samples ─────────────────────────

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", _app)
#: It never ends by itself; test_boards.py listens to it.
EVENT_STREAM = "/api/v1/centers/{center}/board/events"
few = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.mark.slow
@schema.exclude(path=EVENT_STREAM).parametrize()
@few
def test_whatever_is_asked_is_answered_as_documented(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.slow
def test_every_rpc_can_be_reached_by_rest() -> None:
    """Good requests to every operation: together they reach all that the services can do."""
    _site.asked.clear()
    for found in schema.exclude(path=EVENT_STREAM).get_all_operations():
        assert isinstance(found, Ok), found

        @given(case=found.ok().as_strategy())
        @settings(few, max_examples=4)
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call()

        ask()
    wanted = {method.name for name in SERVICES.values() for method in service_descriptor(name).methods}
    assert wanted - {each.method for each in _site.asked} == {
        "GetSession",
        "SignOut",
        *BY_NO_ROUTE,
    }  # the first two: test_auth.py
