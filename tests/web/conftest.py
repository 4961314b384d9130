from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="the extra `web` is not installed")

from fastapi.testclient import TestClient

from myeloguide.guideline.prepared import load_pack
from myeloguide.web.app import create_app

HERE = "http://127.0.0.1:8765"


@pytest.fixture(scope="session")
def served() -> Iterator[TestClient]:
    with TestClient(create_app(load_pack("imwg-2021")), base_url=HERE) as client:
        yield client
