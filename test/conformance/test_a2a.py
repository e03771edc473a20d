"""Tests that agents, teams and workflows reached over A2A run as if they were on an AgentOS."""

import asyncio
import base64
import functools
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from agno.client import AgentOSClient

from a2a_rig import ADK_AGENT, NAMES, PROTECTED, TOKEN, A2aRig, running_a2a_rig
from caller import Answer, Caller, new_id
from normal import Normaliser
from rig import HERE, python_of

PIXEL = "iVBORw0KGgo="

KINDS = {
    "agents": ("assistant", "agent_id", "RunStarted", "RunContent", "RunCompleted"),
    "teams": ("team", "team_id", "TeamRunStarted", "TeamRunContent", "TeamRunCompleted"),
    "workflows": ("wf", "workflow_id", "WorkflowStarted", "RunContent", "WorkflowCompleted"),
}


@pytest.fixture(scope="module")
def a2a(tmp_path_factory: pytest.TempPathFactory) -> Iterator[A2aRig]:
    yield from running_a2a_rig(tmp_path_factory.mktemp("a2a"))


@pytest.fixture
def caller(a2a: A2aRig) -> Iterator[Caller]:
    caller = Caller(a2a.gateway_url)
    yield caller
    caller.close()


def names(answer: Answer) -> list[str | None]:
    return [event.name for event in answer.events]


def text(answer: Answer, name: str = "RunContent") -> str:
    """Returns all content pieces joined."""
    return "".join(event.json["content"] for event in answer.events if event.name == name)


def run(caller: Caller, path: str, message: str, **fields: Any) -> Answer:
    return caller.post(f"{path}/runs", data={"message": message, **fields})


class TestAgno:
    """An AgentOS of each covered release, reached through its A2A interface."""

    def test_components_of_an_a2a_agentos_are_listed(self, caller: Caller, release: str) -> None:
        name = NAMES[release]
        cards = {card["id"]: card for card in caller.get("/agents").json}
        assert cards[f"assistant-{name}"]["name"] == "Assistant"
        assert cards[f"assistant-{name}"]["description"] == "Helps"
        assert caller.get(f"/agents/assistant-{name}").json == cards[f"assistant-{name}"]
        assert f"team-{name}" in [card["id"] for card in caller.get("/teams").json]
        assert f"wf-{name}" in [card["id"] for card in caller.get("/config").json["workflows"]]

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_run_over_a2a_returns_a_run_output(self, caller: Caller, release: str, kind: str) -> None:
        prefix, id_key, *_ = KINDS[kind]
        component, session = f"{prefix}-{NAMES[release]}", new_id()
        answer = run(caller, f"/{kind}/{component}", "hello", stream="false", session_id=session, user_id="u1")
        assert answer.status == 200
        assert answer.json["content"] == "You said: hello"
        assert answer.json["status"] == "COMPLETED"
        assert (answer.json[id_key], answer.json["session_id"]) == (component, session)
        assert answer.json["user_id"] == "u1"

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_run_over_a2a_streams_piece_by_piece(self, caller: Caller, release: str, kind: str) -> None:
        prefix, id_key, started, content, completed = KINDS[kind]
        component = f"{prefix}-{NAMES[release]}"
        answer = run(caller, f"/{kind}/{component}", "hello stream")
        assert names(answer)[0] == started
        assert names(answer)[-1] == completed
        assert names(answer).count(content) == 4
        assert text(answer, content) == "You said: hello stream "
        last = answer.events[-1].json
        assert last["content"] == "You said: hello stream "
        assert last["metrics"]
        assert {event.json[id_key] for event in answer.events} == {component}
        assert {event.json["run_id"] for event in answer.events} == {answer.run_id}

    def test_a_stream_over_a2a_contains_tool_call_events(self, caller: Caller, release: str) -> None:
        answer = run(caller, f"/agents/assistant-{NAMES[release]}", "use tool")
        assert answer.named("ToolCallStarted").json["tool"]["tool_args"] == {"a": 1, "b": 1}
        assert answer.named("ToolCallCompleted").json["tool"]["tool_name"] == "add"

    def test_a_finished_run_over_a2a_can_be_read(self, caller: Caller, release: str) -> None:
        path, session = f"/agents/assistant-{NAMES[release]}", new_id()
        run_id = run(caller, path, "hello", stream="false", session_id=session).run_id
        found = caller.get(f"{path}/runs/{run_id}", params={"session_id": session})
        assert found.json["content"] == "You said: hello"
        assert found.json["status"] == "COMPLETED"
        unknown = caller.get(f"{path}/runs/{new_id()}", params={"session_id": session})
        assert unknown.status == 404

    def test_a_background_run_over_a2a_can_be_polled(self, caller: Caller, release: str) -> None:
        path, session = f"/agents/assistant-{NAMES[release]}", new_id()
        accepted = run(caller, path, "hello", stream="false", background="true", session_id=session)
        assert (accepted.status, accepted.json["status"]) == (202, "PENDING")
        done = caller.poll(
            f"{path}/runs/{accepted.json['run_id']}",
            lambda answer: answer.status == 200 and answer.json["status"] == "COMPLETED",
            params={"session_id": session},
        )
        assert done.json["content"] == "You said: hello"

    def test_a_run_over_a2a_can_be_cancelled(self, caller: Caller, release: str) -> None:
        path = f"/agents/assistant-{NAMES[release]}"
        begun = run_until(caller, path, "RunContent")
        assert caller.post(f"{path}/runs/{begun}/cancel").json == {}

    @pytest.mark.parametrize("stream", ["true", "false"])
    def test_a_picture_sent_over_a2a_reaches_the_model(self, caller: Caller, release: str, stream: str) -> None:
        path = f"/agents/assistant-{NAMES[release]}/runs"
        form = {"message": "what files", "stream": stream}
        seen = f"image_url data:image/png;base64,{PIXEL}"[: len("image_url ") + 30].strip()
        picture = base64.b64decode(PIXEL)
        uploaded = caller.post(path, data=form, files={"files": ("dot.png", picture, "image/png")})
        told = caller.post(path, data={**form, "images": json.dumps([{"content": PIXEL}])})
        for answer in (uploaded, told):
            last = answer.events[-1].json if answer.is_stream else answer.json
            assert (answer.status, last["content"].strip()) == (200, seen)
            assert not answer.is_stream or names(answer)[-1] == "RunCompleted"
            assert answer.is_stream or last["status"] == "COMPLETED"

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_text_file_sent_over_a2a_reaches_the_model(self, caller: Caller, release: str, kind: str) -> None:
        path = f"/{kind}/{KINDS[kind][0]}-{NAMES[release]}/runs"
        files = {"files": ("a.txt", b"abc", "text/plain")}
        answer = caller.post(path, data={"message": "what files", "stream": "false"}, files=files)
        assert answer.json["status"] == "COMPLETED"
        assert answer.json["content"].endswith("a.txt:\nabc")

    def test_the_url_of_a_picture_reaches_the_model(self, caller: Caller, release: str) -> None:
        address = {"url": "http://pictures.test/a.png"}
        form = {"message": "what files", "stream": "false", "images": json.dumps([address])}
        answer = caller.post(f"/agents/assistant-{NAMES[release]}/runs", data=form)
        assert answer.json["content"] == f"image_url {address['url']}"

    @pytest.mark.parametrize("mime_type", ["audio/wav", "video/mp4", "application/pdf", "application/octet-stream"])
    def test_files_that_agno_does_not_support_are_refused(self, caller: Caller, release: str, mime_type: str) -> None:
        path, session = f"/agents/assistant-{NAMES[release]}", new_id()
        form = {"message": "what files", "stream": "false", "session_id": session}
        answer = caller.post(f"{path}/runs", data=form, files={"files": ("a", b"abc", mime_type)})
        assert (answer.status, answer.headers["x-agentos-gateway-error"]) == (415, "AGW_A2A_FILE_UNSUPPORTED")
        assert "url" in answer.json["detail"]

    def test_two_runs_of_one_session_share_its_id(self, caller: Caller, release: str) -> None:
        path, session = f"/agents/assistant-{NAMES[release]}", new_id()
        first = run(caller, path, "one", stream="false", session_id=session)
        second = run(caller, path, "two", stream="false", session_id=session)
        assert first.json["session_id"] == second.json["session_id"] == session
        assert first.run_id != second.run_id


def run_until(caller: Caller, path: str, name: str) -> str:
    """Starts a slow run and disconnects after its first event called `name`."""
    answer = caller.post(
        f"{path}/runs", data={"message": "slow"}, until=lambda events: any(event.name == name for event in events)
    )
    return answer.run_id


def test_the_callers_token_reaches_a_protected_a2a_agentos(caller: Caller) -> None:
    path = f"/agents/assistant-{PROTECTED}"
    assert run(caller, path, "hello", stream="false").status == 401
    answer = caller.post(f"{path}/runs", data={"message": "hello", "stream": "false"}, headers=TOKEN)
    assert answer.json["content"] == "You said: hello"


class TestAdk:
    """A Google ADK agent reached through A2A."""

    path = f"/agents/{ADK_AGENT}"

    def test_the_adk_agent_has_a_card(self, caller: Caller) -> None:
        card = caller.get(self.path).json
        assert (card["id"], card["name"], card["description"]) == (ADK_AGENT, "facts_agent", "Knows facts")
        assert card["skills"][0]["id"] == "facts_agent"

    @pytest.mark.parametrize("message", ["hello", "stream this"])
    def test_the_adk_agents_text_is_sent_once(self, caller: Caller, message: str) -> None:
        whole = run(caller, self.path, message, stream="false")
        said = f"You said: {message}"
        assert whole.json["content"].strip() == said
        answer = run(caller, self.path, message)
        assert text(answer).strip() == said
        assert answer.events[-1].json["content"].strip() == said
        assert names(answer)[0] == "RunStarted"
        assert names(answer)[-1] == "RunCompleted"

    def test_a_failing_adk_run_ends_with_an_error(self, caller: Caller) -> None:
        whole = run(caller, self.path, "fail", stream="false")
        assert (whole.json["status"], whole.json["content"]) == ("ERROR", "out of facts")
        answer = run(caller, self.path, "fail")
        assert names(answer) == ["RunStarted", "RunError"]
        assert answer.events[-1].json["content"] == "out of facts"

    def test_an_adk_run_that_asks_for_input_is_paused(self, caller: Caller) -> None:
        whole = run(caller, self.path, "ask", stream="false")
        assert whole.json["status"] == "PAUSED"
        assert whole.json["tools"][0]["tool_name"] == "ask_someone"
        answer = run(caller, self.path, "ask")
        assert names(answer)[-1] == "RunPaused"
        assert answer.events[-1].json["content"] == "Which fact?"

    def test_files_are_exchanged_with_the_adk_agent_in_both_directions(self, caller: Caller) -> None:
        whole = run(caller, self.path, "draw", stream="false")
        assert whole.json["images"] == [{"content": PIXEL, "mime_type": "image/png"}]
        answer = run(caller, self.path, "draw")
        assert answer.events[-1].json["images"] == whole.json["images"]
        files = {"files": ("a.txt", b"abc", "text/plain")}
        sent = caller.post(f"{self.path}/runs", data={"message": "look", "stream": "false"}, files=files)
        assert sent.json["content"] == "You said: look with 1 file(s)"

    def test_a_background_adk_run_can_be_polled_and_cancelled(self, caller: Caller) -> None:
        accepted = run(caller, self.path, "slow", stream="false", background="true")
        assert accepted.status == 202
        at = f"{self.path}/runs/{accepted.json['run_id']}"
        caller.poll(at, lambda answer: answer.status == 200 and answer.json["status"] == "RUNNING")
        assert caller.post(f"{at}/cancel").json == {}
        caller.poll(at, lambda answer: answer.json["status"] == "CANCELLED")
        assert caller.post(f"{at}/cancel").status == 409

    def test_a_running_adk_task_can_be_resumed(self, caller: Caller) -> None:
        accepted = run(caller, self.path, "slow", stream="false", background="true")
        answer = caller.post(f"{self.path}/runs/{accepted.json['run_id']}/resume")
        assert names(answer)[-1] == "RunCompleted"
        assert answer.events[-1].json["content"].endswith("and so on ")

    def test_operations_that_a2a_lacks_are_refused(self, caller: Caller) -> None:
        for method, path in (("GET", "/runs"), ("POST", "/runs/x/continue"), ("GET", "/runs/x/checkpoints")):
            answer = caller.send(method, self.path + path)
            assert answer.status == 501
            assert "A2A" in answer.json["detail"]
        assert caller.get(f"{self.path}/runs/{new_id()}").json == {"detail": "Run not found"}


@pytest.fixture(scope="module")
def played(a2a: A2aRig, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], dict[str, Any]]:
    """Runs Agno's A2A client of a release against a URL and returns its results."""

    @functools.cache
    def play(release: str, url: str) -> dict[str, Any]:
        output = tmp_path_factory.mktemp("a2a-client") / "results.json"
        command = [python_of(release), str(HERE / "a2a_client_script.py"), "--url", url, "--name", NAMES[release]]
        done = subprocess.run(
            [*command, "--output", str(output)], capture_output=True, text=True, timeout=55, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return json.loads(output.read_text())

    return play


class TestInterface:
    """The A2A interface of an AgentOS, relayed by the gateway."""

    @pytest.mark.parametrize("part", ["agent", "team", "workflow", "runs", "streams", "unknown"])
    def test_agnos_a2a_client_gets_equal_results_through_the_gateway(
        self, a2a: A2aRig, played: Callable[[str, str], dict[str, Any]], release: str, part: str
    ) -> None:
        name = NAMES[release]
        direct = played(release, a2a.agentos_urls[name])[part]
        through = played(release, f"{a2a.interface_url}/upstreams/{name}")[part]
        assert Normaliser().json(through) == Normaliser().json(direct)

    def test_an_interface_path_of_one_upstream_works_without_its_name(
        self, a2a: A2aRig, played: Callable[[str, str], dict[str, Any]], release: str
    ) -> None:
        direct = played(release, a2a.agentos_urls[NAMES[release]])
        through = played(release, a2a.interface_url)
        kept = [{**result, "unknown": None} for result in (direct, through)]
        assert Normaliser().json(kept[1]) == Normaliser().json(kept[0])

    def test_agent_cards_point_to_the_gateway(self, a2a: A2aRig, release: str) -> None:
        name = NAMES[release]
        direct = httpx.get(card_url(a2a.agentos_urls[name], name), trust_env=False).json()
        for base in (a2a.interface_url, f"{a2a.interface_url}/upstreams/{name}"):
            card = httpx.get(card_url(base, name), trust_env=False).json()
            assert card["url"].startswith(f"{base}/a2a/agents/assistant-{name}/")
            assert {**card, "url": None} == {**direct, "url": None}


def card_url(base: str, name: str) -> str:
    return f"{base}/a2a/agents/assistant-{name}/.well-known/agent-card.json"


@pytest.mark.parametrize("method", ["send", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_messages_to_the_interface_of_an_agentos_are_charged(a2a: A2aRig, release: str, kind: str, method: str) -> None:
    component = f"{kind}/{KINDS[kind][0]}-{NAMES[release]}"
    counting = Caller(a2a.counting_url)

    def used() -> int:
        rows = counting.get("/gateway/budgets").json["data"]
        return next((row["used"]["tokens"] for row in rows if row["subject"] == component), 0)

    def charged_afterwards(request: Callable[[], object]) -> int:
        before = used()
        request()
        deadline = time.monotonic() + 30
        while used() == before and time.monotonic() < deadline:
            time.sleep(0.2)
        # A run whose stream reports tokens is read once more.
        time.sleep(3)
        return used() - before

    message = {"messageId": new_id(), "role": "user", "parts": [{"kind": "text", "text": "hello world"}]}
    body = {"jsonrpc": "2.0", "id": "1", "method": f"message/{method}", "params": {"message": message}}
    by_message = charged_afterwards(lambda: counting.post(f"/a2a/{component}/v1/message:{method}", json=body))
    by_run = charged_afterwards(lambda: run(counting, f"/{component}", "hello world", stream="false"))
    counting.close()
    assert by_message == by_run > 0


def test_a_paused_adk_run_continues_with_a_message(caller: Caller) -> None:
    path = TestAdk.path
    asking = run(caller, path, "ask", stream="false")
    assert asking.json["status"] == "PAUSED"
    form = {"message": "the second", "stream": "false", "session_id": asking.json["session_id"]}
    answer = caller.post(f"{path}/runs/{asking.run_id}/continue", data=form)
    assert (answer.status, answer.json["run_id"]) == (200, asking.run_id)
    assert answer.json["content"] == "You said: the second"


def test_agnos_client_uses_an_adk_agent_like_one_of_an_agentos(a2a: A2aRig) -> None:
    async def scenario() -> None:
        client = AgentOSClient(a2a.gateway_url)
        card = await client.aget_agent(ADK_AGENT)
        assert (card.name, card.description) == ("facts_agent", "Knows facts")
        output = await client.run_agent(agent_id=ADK_AGENT, message="hello")
        assert output.content == "You said: hello"
        events = [event async for event in client.run_agent_stream(agent_id=ADK_AGENT, message="stream me")]
        assert [type(event).__name__ for event in (events[0], events[-1])] == ["RunStartedEvent", "RunCompletedEvent"]
        assert "".join(e.content for e in events[1:-1]) == "You said: stream me "
        flow = [event async for event in client.run_workflow_stream(workflow_id="wf-b", message="hi")]
        assert flow[-1].content == "You said: hi "

    asyncio.run(scenario())
