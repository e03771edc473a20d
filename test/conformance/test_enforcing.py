"""Tests that a gateway enforcing tokens and scopes refuses exactly what an enforcing AgentOS refuses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from caller import Answer, Caller
from child import Child, free_port
from rig import RELEASES, agentos_command, gateway_child, model_child
from routes import Operation, operations
from tokens import SECRET, bearer, token

AUDIENCE = "os-of-the-tests"
NAME = "e"
IDS = {"agent_id": f"assistant-{NAME}", "team_id": f"team-{NAME}", "workflow_id": f"wf-{NAME}", "db_id": f"db-{NAME}"}
NOTHING = "nothing:read"


@dataclass(frozen=True)
class Pair:
    """An enforcing AgentOS, and an enforcing gateway in front of an open AgentOS."""

    agentos_url: str
    gateway_url: str


def enforcing_config(url: str) -> dict[str, object]:
    keys = [{"alg": "HS256", "secret": SECRET}]
    how = {"mode": "jwt", "authorization": True, "verify_audience": True, "audience": [AUDIENCE], "keys": keys}
    return {"id": "enforcing", "auth": how, "upstreams": [{"name": NAME, "url": url}]}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pair]]:
    directory = tmp_path_factory.mktemp("enforcing")
    children: list[Child] = []
    found: dict[str, Pair] = {}

    def agentos(release: str, model_url: str, kind: str, *options: str) -> str:
        port, place = free_port(), directory / f"{kind}-{release}"
        place.mkdir()
        command = [*agentos_command(release, NAME, port, model_url, place), "--sync-db", *options]
        children.append(Child(f"{kind}-{release}", command, place / "log", cwd=place))
        return f"http://127.0.0.1:{port}"

    try:
        model_url, model = model_child(directory)
        children.append(model)
        how = ["--jwt", SECRET, "--audience", AUDIENCE]
        urls = {
            release: (agentos(release, model_url, "enforcing", *how), agentos(release, model_url, "open"))
            for release in RELEASES
        }
        for child, url in zip(children[1:], [url for pair in urls.values() for url in pair], strict=True):
            child.wait_until_answering(f"{url}/health")
        for release, (enforcing, behind) in urls.items():
            gateway_url, gateway = gateway_child(enforcing_config(behind), directory, f"gateway-{release}")
            children.append(gateway)
            gateway.wait_until_answering(f"{gateway_url}/health")
            found[release] = Pair(enforcing, gateway_url)
        yield found
    finally:
        for child in reversed(children):
            child.stop()


def sent(caller: Caller, operation: Operation, headers: dict[str, str]) -> Answer:
    path = re.sub(r"{(\w+)}", lambda match: IDS.get(match[1], "x"), operation.path)
    return caller.send(operation.method, path, headers=headers)


def answers(url: str, asked: list[Operation], headers: dict[str, str]) -> dict[str, Answer]:
    """Returns the answer to each operation. Each has its own connection, because AgentOS closes some without
    notice.
    """
    caller = Caller(url, keeps_connections=False)
    found = {f"{operation.method} {operation.path}": sent(caller, operation, headers) for operation in asked}
    caller.close()
    return found


def token_with(*scopes: str, **claims: object) -> dict[str, str]:
    return bearer(token(scopes=list(scopes), **{"aud": AUDIENCE, **claims}))


def differences(pair: Pair, release: str, headers: dict[str, str]) -> dict[str, list[object]]:
    """Returns operations with different answers: another status, or a refusal in other words."""
    asked = operations(release)
    direct, through = (answers(url, asked, headers) for url in (pair.agentos_url, pair.gateway_url))
    said = {name: [refusal(each[name]) for each in (direct, through)] for name in direct}
    return {name: both for name, both in said.items() if both[0] != both[1]}


def refusal(answer: Answer) -> object:
    return [answer.status, answer.json["detail"]] if answer.status in (401, 403) else answer.status


REFUSED = {
    "no token": {},
    "expired": token_with("agent_os:admin", expires_in=-3600),
    "wrong audience": token_with("agent_os:admin", aud="another"),
    "no audience": bearer(token(scopes=["agent_os:admin"])),
}


@pytest.mark.parametrize("who", REFUSED)
def test_a_token_that_agentos_rejects_is_rejected_equally(pairs: dict[str, Pair], release: str, who: str) -> None:
    assert differences(pairs[release], release, REFUSED[who]) == {}


# AgentOS permits every caller what its own scope table omits. The gateway requires the scope that 3.x has for
# it, or else the admin's.
OUTSIDE_THE_TABLE = {
    *(f"{method} /components" for method in ("PUT", "PATCH", "DELETE")),
    *(f"{method} /queue" for method in ("GET", "PUT", "POST", "PATCH", "DELETE")),
}
OUTSIDE_THAT_OF_2 = {"GET /metrics/refresh/status"}
REQUIRED = re.compile(r"Required scope\(s\): (.+)")


def test_a_caller_without_the_scope_is_refused_equally(pairs: dict[str, Pair], release: str) -> None:
    differing = differences(pairs[release], release, token_with(NOTHING))
    known = {f"{operation.method} {operation.path}" for operation in operations(release)}
    outside = OUTSIDE_THE_TABLE | (OUTSIDE_THAT_OF_2 if release.startswith("2.") else set())
    assert differing.keys() == outside & known
    assert {through[0] for _, through in differing.values()} == {403}


def test_the_required_scope_and_the_admin_scope_are_accepted_equally(pairs: dict[str, Pair], release: str) -> None:
    """Sends each operation with the scope that AgentOS reports as missing; both must then accept it."""
    pair = pairs[release]
    refused = answers(pair.agentos_url, operations(release), token_with(NOTHING))
    straight, through = (Caller(url, keeps_connections=False) for url in (pair.agentos_url, pair.gateway_url))
    seen = 0
    for operation in operations(release):
        answer = refused[f"{operation.method} {operation.path}"]
        match = REQUIRED.search(answer.body.decode()) if answer.status == 403 else None
        if match is None:
            continue
        scopes = [scope.strip(' "}') for scope in match[1].split(",")]
        kind = operation.path.split("/")[1]
        # Paths below a component also require the scope to run it, and files the scope to read their agent.
        scopes += [f"{kind}:run"] if kind in ("agents", "teams", "workflows") else []
        scopes += ["agents:read"] if kind == "filesystem" else []
        for headers in (token_with(*scopes), token_with("agent_os:admin")):
            expected, found = (refusal(sent(caller, operation, headers)) for caller in (straight, through))
            assert (operation.path, scopes, found) == (operation.path, scopes, expected)
            assert isinstance(found, int)
        seen += 1
    straight.close()
    through.close()
    assert seen > 80


def test_files_require_the_scope_to_read_their_agent(pairs: dict[str, Pair]) -> None:
    headers = token_with("filesystem:read")
    pair = pairs["3.1.10"]
    asked = [operation for operation in operations("3.1.10") if operation.path.startswith("/filesystem/files")]
    direct, through = (answers(url, asked, headers) for url in (pair.agentos_url, pair.gateway_url))
    for name, answer in direct.items():
        assert refusal(through[name]) == refusal(answer)
        assert answer.status == 403
