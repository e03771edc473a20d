"""Tests the workflow WebSocket through an open gateway, compared with a direct one to an AgentOS."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from caller import LIMIT_SECONDS, POLL_SECONDS, new_id
from normal import Normaliser, parse_events
from rig import RELEASES, Rig, Upstream
from tokens import admin_token, token

ENDS = ("WorkflowCompleted", "WorkflowError", "WorkflowCancelled")


class Client:
    """One socket with every frame it received."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.frames: list[str] = []

    def say(self, **message: Any) -> None:
        self._connection.send(json.dumps(message))

    def next(self) -> dict[str, Any]:
        frame = self._connection.recv(timeout=LIMIT_SECONDS)
        assert isinstance(frame, str)
        self.frames.append(frame)
        return content(frame)

    def ask(self, **message: Any) -> dict[str, Any]:
        self.say(**message)
        return self.next()

    def until_end(self, run_id: str | None = None) -> list[dict[str, Any]]:
        events = []
        while not events or events[-1]["event"] not in ENDS or run_id not in (None, events[-1].get("run_id")):
            events.append(self.next())
        return events

    def compared(self) -> list[Any]:
        normaliser = Normaliser()
        return [normaliser.json(content(frame)) | {"sse": frame.startswith("event: ")} for frame in self.frames]


def content(frame: str) -> dict[str, Any]:
    """Parses a frame: it is JSON or one whole server-sent event."""
    return json.loads(frame) if frame.startswith("{") else parse_events(frame.encode())[0].json


@contextmanager
def opened(base_url: str) -> Iterator[Client]:
    with connect(base_url.replace("http", "ws", 1) + "/workflows/ws", proxy=None) as connection:
        yield Client(connection)


Scenario = Callable[[Client], None]


@pytest.fixture
def alike(rig: Rig) -> Callable[[Upstream, Scenario], None]:
    """Plays a scenario on both sides. The frame that announces a required token is not compared, because
    other upstreams require one.
    """

    def play(upstream: Upstream, scenario: Scenario) -> None:
        sides = []
        for url in (upstream.url, rig.gateway_url):
            with opened(url) as client:
                assert client.next()["event"] == "connected"
                client.frames.clear()
                scenario(client)
                sides.append(client.compared())
        assert sides[0] == sides[1]

    return play


def test_a_workflow_streams_equal_events(alike: Callable[..., None], upstream: Upstream) -> None:
    def scenario(client: Client) -> None:
        message = {"message": "Grüße, 你好 👋🏽", "session_id": new_id()}
        client.say(action="start-workflow", workflow_id=upstream.workflow, **message)
        assert client.until_end()[-1]["event"] == "WorkflowCompleted"

    alike(upstream, scenario)


def test_invalid_messages_are_answered_in_the_words_of_agentos(alike: Callable[..., None], upstream: Upstream) -> None:
    def scenario(client: Client) -> None:
        client.ask(action="ping")
        client.ask(action="nope")
        client.ask()
        client.ask(action="start-workflow")
        client.ask(action="start-workflow", workflow_id="gone")
        client.ask(action="continue-workflow", workflow_id=upstream.workflow)
        client.ask(action="continue-workflow", workflow_id=upstream.workflow, run_id="gone", session_id="gone")
        client.ask(action="reconnect")
        client.ask(action="reconnect", workflow_id=upstream.workflow, run_id="gone")

    alike(upstream, scenario)


def test_a_finished_run_is_replayed_to_a_new_socket(rig: Rig, upstream: Upstream) -> None:
    session = new_id()
    with opened(rig.gateway_url) as first:
        first.next()
        first.say(action="start-workflow", workflow_id=upstream.workflow, message="hi", session_id=session)
        events = first.until_end()
    run_id = events[0]["run_id"]
    assert replayed(rig.gateway_url, run_id) == replayed(upstream.url, run_id)


def replayed(base_url: str, run_id: str) -> list[str]:
    """Returns the frames of a reconnect to a finished run; an AgentOS takes a moment to mark it finished."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        with opened(base_url) as client:
            client.next()
            client.frames.clear()
            if client.ask(action="reconnect", run_id=run_id, last_event_index=2)["event"] == "replay":
                client.until_end()
                return client.frames
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def test_one_socket_runs_workflows_of_two_agentos_at_once(rig: Rig) -> None:
    old, new = (rig.open_of(release) for release in RELEASES)
    with opened(rig.gateway_url) as client:
        client.next()
        for upstream in (old, new):
            client.say(action="start-workflow", workflow_id=upstream.workflow, message="hi", session_id=new_id())
        ended: dict[str, str] = {}
        while len(ended) < 2:
            event = client.next()
            if event["event"] in ENDS:
                ended[event["workflow_id"]] = event["event"]
    assert ended == {old.workflow: "WorkflowCompleted", new.workflow: "WorkflowCompleted"}


def test_a_protected_agentos_receives_the_clients_token(rig: Rig, protected: Upstream) -> None:
    with opened(rig.gateway_url) as client:
        assert client.next()["requires_auth"] is True
        assert client.ask(action="authenticate", token=admin_token())["event"] == "authenticated"
        client.say(action="start-workflow", workflow_id=protected.workflow, message="hi", session_id=new_id())
        assert client.until_end()[-1]["event"] == "WorkflowCompleted"


def test_a_protected_agentos_requests_a_token_in_its_own_words(alike: Callable[..., None], protected: Upstream) -> None:
    def scenario(client: Client) -> None:
        answer = client.ask(action="start-workflow", workflow_id=protected.workflow, message="hi")
        assert answer["event"] == "auth_required"

    alike(protected, scenario)


@pytest.mark.parametrize(
    "value",
    [token(scopes=["workflows:read"]), token(scopes=["agent_os:admin"], expires_in=-3600), "nope"],
    ids=["too little", "expired", "not a token"],
)
def test_a_protected_agentos_refuses_a_token_in_its_own_words(rig: Rig, protected: Upstream, value: str) -> None:
    """With several protected upstreams the gateway answers `authenticated` first and forwards the token when
    it is needed.
    """
    sides = []
    for url in (protected.url, rig.gateway_url):
        with opened(url) as client:
            client.next()
            client.say(action="authenticate", token=value)
            client.say(action="start-workflow", workflow_id=protected.workflow, message="hi")
            while (answer := client.next())["event"] == "authenticated":
                pass
            sides.append(answer)
    assert sides[0] == sides[1]
