"""Tests that real AgentOS servers end a run that the gateway stops at a limit."""

import json
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection, connect

from caller import LIMIT_SECONDS, Caller, new_id
from normal import parse_events
from rig import Rig, Upstream, gateway_child

RUNNING = ("PENDING", "RUNNING")
KINDS = {"agents": "assistant", "teams": "team", "workflows": "wf"}


@pytest.fixture(scope="module")
def limited_url(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that stops a run above 10 tokens or 2 s."""
    upstreams = [{"name": u.name, "url": u.url} for u in rig.upstreams.values() if not u.jwt]
    config = {"id": "limited", "upstreams": upstreams, "max_run": {"tokens": 10, "duration": "2s"}}
    url, child = gateway_child(config, tmp_path_factory.mktemp("max-run"), "max-run")
    child.wait_until_answering(f"{url}/health")
    yield url
    child.stop()


@pytest.fixture(scope="module")
def limited(limited_url: str) -> Iterator[Caller]:
    caller = Caller(limited_url)
    yield caller
    caller.close()


@pytest.mark.parametrize("kind", KINDS)
def test_slow_run_is_cancelled_by_its_agentos(limited: Caller, upstream: Upstream, kind: str) -> None:
    component = f"{kind}/{KINDS[kind]}-{upstream.name}"
    answer = limited.send("POST", f"/{component}/runs", data={"message": "slow 400", "stream": "true"})
    names = [event.name for event in answer.events]
    assert not answer.cut
    # An AgentOS sends a further completed event after it.
    assert any(name.endswith("Cancelled") for name in names[-3:]), names[-3:]
    assert len(names) < 400


def test_run_stops_in_the_request_after_the_one_above_its_tokens(limited: Caller, upstream: Upstream) -> None:
    path = f"/agents/assistant-{upstream.name}/runs"
    answer = limited.send("POST", path, data={"message": "use tool add slow 200", "stream": "true"})
    names = [event.name for event in answer.events]
    assert "RunCancelled" in names[-3:], names[-3:]
    assert names.count("ModelRequestCompleted") == 1


def socket_of(url: str) -> ClientConnection:
    return connect(url.replace("http", "ws", 1) + "/workflows/ws", proxy=None)


def next_event(socket: ClientConnection) -> dict[str, object]:
    frame = socket.recv(timeout=LIMIT_SECONDS)
    assert isinstance(frame, str)
    return json.loads(frame) if frame.startswith("{") else parse_events(frame.encode())[0].json


def started(socket: ClientConnection, upstream: Upstream) -> str:
    """Starts a run of 20 s, and returns its path."""
    session = new_id()
    workflow = f"wf-{upstream.name}"
    message = {"action": "start-workflow", "workflow_id": workflow, "message": "slow 400", "session_id": session}
    socket.send(json.dumps(message))
    while (event := next_event(socket))["event"] != "WorkflowStarted":
        pass
    return f"/workflows/{workflow}/runs/{event['run_id']}?session_id={session}"


def status_at_end(limited: Caller, path: str) -> str:
    answer = limited.poll(path, lambda one: one.status == 200 and one.json["status"] not in RUNNING)
    return str(answer.json["status"])


def test_socket_run_is_cancelled_by_its_agentos(limited: Caller, limited_url: str, upstream: Upstream) -> None:
    with socket_of(limited_url) as socket:
        path = started(socket, upstream)
        events = 0
        while next_event(socket)["event"] != "WorkflowCancelled":
            events += 1
            assert events < 400
    assert status_at_end(limited, path) == "CANCELLED"


def test_socket_run_without_its_client_is_cancelled(limited: Caller, limited_url: str, upstream: Upstream) -> None:
    with socket_of(limited_url) as socket:
        path = started(socket, upstream)
    assert status_at_end(limited, path) == "CANCELLED"


@pytest.mark.parametrize("kind", KINDS)
def test_background_run_is_cancelled_without_a_reader(limited: Caller, upstream: Upstream, kind: str) -> None:
    component = f"{kind}/{KINDS[kind]}-{upstream.name}"
    fields = {"message": "slow 400", "stream": "true", "background": "true", "session_id": new_id()}
    answer = limited.send("POST", f"/{component}/runs", until=bool, data=fields)
    assert answer.status < 300
    path = f"/{component}/runs/{answer.run_id}?session_id={fields['session_id']}"
    assert status_at_end(limited, path) == "CANCELLED"
