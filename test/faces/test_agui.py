"""AG-UI, driven by the official client of 1.0 and by the one before it that CopilotKit pins."""

import json

import pytest
from conftest import Faces
from face_coverage import PAUSES as PAUSE_ROWS
from face_coverage import RUNS, Covered

CLIENTS = {"@ag-ui/client": "AG-UI 1.0", "agui-client-0": "AG-UI 0.0.59"}
PAUSES = [
    ("confirming", "delete_file", {"accepted": True}),
    ("confirming", "delete_file", {"accepted": False}),
    ("asking", "greet", {"values": {"name": "Ada"}}),
    ("outside", "read_clock", "noon"),
    ("polling", "ask_user", {"selections": {"Which?": ["a"]}}),
]


def ending(event: dict) -> str:
    """The outcome, or the type before AG-UI 1.0."""
    return f"`{event.get('outcome', {}).get('type', event['type'])}`"


def text_of(events: list[dict]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("path", ["agents/helper", "teams/pair", "workflows/flow"])
def test_run_streams_text_to_a_finished_run(
    faces: Faces, suffix: str, client: str, path: str, covered: Covered
) -> None:
    seen = faces.node("agui.mjs", client, f"/agui/{path}-{suffix}", "hello")
    assert seen["error"] == ""
    types = [event["type"] for event in seen["events"]]
    assert types[0] == "RUN_STARTED" and types[-1] == "RUN_FINISHED"
    assert text_of(seen["events"]) == "You said: hello "
    if path.startswith("workflows"):
        assert "STEP_STARTED" in types and "STEP_FINISHED" in types
    covered(CLIENTS[client], RUNS[path.partition("/")[2]], ending(seen["events"][-1]))


@pytest.mark.parametrize("client", CLIENTS)
def test_stream_contains_tool_calls_with_results(faces: Faces, suffix: str, client: str) -> None:
    seen = faces.node("agui.mjs", client, f"/agui/agents/helper-{suffix}", "use tool")
    results = [event for event in seen["events"] if event["type"] == "TOOL_CALL_RESULT"]
    assert [event["content"] for event in results] == ["2"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("agent,tool,answer", PAUSES)
def test_paused_run_continues_after_an_answer(
    faces: Faces, suffix: str, client: str, agent: str, tool: str, answer: object, covered: Covered
) -> None:
    path = f"/agui/agents/{agent}-{suffix}"
    seen = faces.node("agui.mjs", client, path, f"use tool {tool}", json.dumps(answer))
    assert seen["error"] == ""
    finished = [event for event in seen["events"] if event["type"] == "RUN_FINISHED"]
    assert len(finished) == 2
    if client == "@ag-ui/client":
        assert [event["outcome"]["type"] for event in finished] == ["interrupt", "success"]
    assert "You said" in text_of(seen["events"])
    assert seen["again"] == 409
    covered(CLIENTS[client], PAUSE_ROWS[agent], f"{ending(finished[0])}, then {ending(finished[1])}")
    covered(CLIENTS[client], "second answer", str(seen["again"]))


@pytest.mark.parametrize("client", CLIENTS)
def test_front_end_runs_its_own_tool(faces: Faces, suffix: str, client: str) -> None:
    path = f"/agui/agents/outside-{suffix}"
    seen = faces.node("agui.mjs", client, path, "use tool read_clock", '"noon"', "read_clock")
    assert seen["error"] == ""
    finished = [event for event in seen["events"] if event["type"] == "RUN_FINISHED"]
    called = next(event["toolCallId"] for event in seen["events"] if event["type"] == "TOOL_CALL_START")
    assert len(finished) == 2
    if client == "@ag-ui/client":
        assert finished[0]["outcome"] == {"type": "success", "pendingToolCallIds": [called]}
    assert "You said" in text_of(seen["events"])


def test_mounts_answer_like_an_agentos(faces: Faces) -> None:
    with faces.http as http:
        assert http.get("/chat/status").json() == {"status": "available"}
    seen = faces.node("agui.mjs", "@ag-ui/client", "/chat/agui", "hello")
    assert text_of(seen["events"]) == "You said: hello "


def test_answer_without_a_paused_run_is_refused(faces: Faces, suffix: str) -> None:
    answer = {"id": "1", "role": "tool", "toolCallId": "call_1", "content": "{}"}
    run = {"threadId": "empty", "runId": "r", "messages": [answer], "tools": [], "context": []}
    with faces.http as http:
        assert http.post(f"/agui/agents/helper-{suffix}", json=run).status_code == 409
