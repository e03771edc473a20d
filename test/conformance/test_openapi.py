"""Tests the gateway's OpenAPI document, merged from those of real AgentOS servers."""

import json
import re
from typing import Any

import pytest

from caller import Caller
from rig import Upstream

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def document(gateway: Caller) -> dict[str, Any]:
    answer = gateway.get("/openapi.json")
    assert answer.status == 200
    assert "x-agentos-partial" not in answer.headers
    return answer.json


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    paths = document["paths"].items()
    return {(path, method): item[method] for path, item in paths for method in METHODS & item.keys()}


def test_every_operation_of_a_release_is_at_its_path(document: dict[str, Any], protected: Upstream) -> None:
    direct = Caller(protected.url)
    own = operations(direct.get("/openapi.json").json)
    direct.close()
    assert own.keys() <= operations(document).keys()


def test_every_reference_in_the_document_resolves(document: dict[str, Any]) -> None:
    for pointer in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        target: Any = document
        for step in pointer.split("/"):
            target = target[step]
        assert target is not None


def test_every_operation_has_a_unique_id(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))


def test_the_docs_page_is_public_and_complete(gateway: Caller) -> None:
    page = gateway.get("/docs")
    assert page.status == 200
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.body.decode()):
        assert gateway.get(f"/{asset}").status == 200
