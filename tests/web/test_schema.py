"""Schemathesis reads the description of the API and finds nothing that contradicts it."""

from __future__ import annotations

from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from hypothesis import HealthCheck, settings  # noqa: E402
from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: E402

from myeloguide.guideline.prepared import load_pack  # noqa: E402
from myeloguide.web.app import create_app  # noqa: E402

described = schemathesis.openapi.from_asgi(
    "/api/openapi.json", create_app(load_pack("imwg-2021"), hosts=("127.0.0.1", "localhost", "testserver"))
)


@described.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_does_as_it_says(case: Any) -> None:
    # The reader knows the calendar and the names of agents, which a schema cannot say: it refuses more, with 422.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
