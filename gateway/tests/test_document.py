"""The OpenAPI document is whole, valid, and true: what it says is what happens."""

import re
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from gateway.schemas import components, references
from gateway.testing import FakeSite, fake_app

DOCUMENT: dict[str, Any] = fake_app(FakeSite()).api_doc()
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
