"""The OpenAPI document holds: many requests, good and bad, against services that answer with samples.

Apart from test_document.py because reading it makes the requests: ten seconds that the quick tests leave out.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from gateway.clients import SERVICES
from gateway.testing import FakeSite, fake_app
from kit.errors import Invalid
from kit.rpc.access import service_descriptor
from tests.architecture.routeless import BY_NO_ROUTE
from tongban.catalog.v1.service_pb2 import ExportItemsResponse

pytestmark = pytest.mark.slow

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
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", fake_app(_site, **UNLIMITED))
#: It never ends by itself; test_boards.py listens to it.
EVENT_STREAM = "/api/v1/centers/{center}/board/events"
few = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@schema.exclude(path=EVENT_STREAM).parametrize()
@few
def test_whatever_is_asked_is_answered_as_documented(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


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
