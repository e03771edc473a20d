"""Tests that the recorded lists of operations equal those of the real servers; other tests rely on them."""

import httpx

from caller import LIMIT_SECONDS
from rig import Upstream
from routes import operations

METHODS = {"get", "put", "post", "patch", "delete"}
# Routes of FastAPI and not of AgentOS.
DOCUMENTATION = {"/openapi.json", "/docs", "/redoc"}


def test_the_recorded_list_contains_every_operation_of_agentos(upstream: Upstream, release: str) -> None:
    paths = httpx.get(f"{upstream.url}/openapi.json", timeout=LIMIT_SECONDS, trust_env=False).json()["paths"]
    served = {(method.upper(), path) for path, item in paths.items() for method in item if method in METHODS}
    listed = {(operation.method, operation.path) for operation in operations(release)}
    assert listed == {(method, path) for method, path in served if path not in DOCUMENTATION}
