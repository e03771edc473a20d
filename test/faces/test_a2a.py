"""A2A, driven by the official clients of 1.0 and 0.3, by Agno's own, and by Google ADK."""

import json

import pytest
from conftest import Faces
from face_coverage import BACKGROUND, RUNS, Covered
from face_coverage import PAUSES as PAUSE_ROWS

COMPONENTS = ["agents/helper", "teams/pair", "workflows/flow"]
BINDINGS = ["JSONRPC", "HTTP+JSON"]
# Each release is asked by one binding where the binding makes no difference to the AgentOS.
BINDING = {"a": "JSONRPC", "b": "HTTP+JSON"}
PAUSES = [
    ("confirming", "delete_file", {"answers": {"call_1": {"accepted": True}}}),
    ("confirming", "delete_file", {"accepted": False}),
    ("asking", "greet", {"values": {"name": "Ada"}}),
    ("outside", "read_clock", {"result": "noon"}),
    ("polling", "ask_user", {"selections": {"Which?": ["a"]}}),
]


def text_in(artifacts: list[dict]) -> str:
    return "".join(part.get("text", "") for artifact in artifacts for part in artifact["parts"])


def streamed_text(stream: list[dict]) -> str:
    updates = [item["artifactUpdate"]["artifact"] for item in stream if "artifactUpdate" in item]
    return text_in(updates)


def last_state(stream: list[dict]) -> str:
    return stream[-1]["statusUpdate"]["status"]["state"]


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("component", COMPONENTS)
def test_client_of_version_1_does_every_operation(
    faces: Faces, suffix: str, component: str, binding: str, covered: Covered
) -> None:
    done = faces.python("adk", "a2a_1.py", f"/a2a/{component}-{suffix}/", binding, "hello")
    [sent] = done["send"]
    assert sent["task"]["status"]["state"] == "TASK_STATE_COMPLETED"
    assert text_in(sent["task"]["artifacts"]) == "You said: hello "
    stream = done["stream"]
    assert [next(iter(item)) for item in stream[:2]] == ["task", "statusUpdate"]
    assert streamed_text(stream) == "You said: hello "
    assert last_state(stream) == "TASK_STATE_COMPLETED"
    assert text_in(done["get"]["artifacts"]) == "You said: hello "
    assert [task["id"] for task in done["list"]["tasks"]] == [done["get"]["id"]]
    assert 0 < len(done["all"]["tasks"]) <= 5
    errors = [done[name]["type"] for name in ("cancel", "unknown", "push")]
    assert errors == ["TaskNotCancelableError", "TaskNotFoundError", "PushNotificationNotSupportedError"]
    covered("A2A 1.0", RUNS[component.partition("/")[2]], f"`{last_state(stream)}`")


@pytest.mark.parametrize("component", COMPONENTS)
def test_long_task_is_followed_and_cancelled(faces: Faces, suffix: str, component: str, covered: Covered) -> None:
    done = faces.python("adk", "a2a_1.py", f"/a2a/{component}-{suffix}/", BINDING[suffix], "slow")
    assert done["begun"]["task"]["status"]["state"] == "TASK_STATE_WORKING"
    assert done["followed"][0]["task"]["id"] == done["begun"]["task"]["id"]
    assert done["running"]["status"]["state"] == "TASK_STATE_WORKING"
    assert done["canceled"]["status"]["state"] == "TASK_STATE_CANCELED"
    assert done["late"]["status"]["state"] == "TASK_STATE_CANCELED"
    covered("A2A 1.0", BACKGROUND["read"], f"`{done['running']['status']['state']}`")
    covered("A2A 1.0", BACKGROUND["follow"], "task, then updates")
    covered("A2A 1.0", BACKGROUND["cancel"], f"`{done['canceled']['status']['state']}`")


@pytest.mark.parametrize("agent,tool,answer", PAUSES)
def test_pause_needs_input_until_a_data_part_answers(
    faces: Faces, suffix: str, agent: str, tool: str, answer: dict, covered: Covered
) -> None:
    path = f"/a2a/agents/{agent}-{suffix}/"
    done = faces.python("adk", "a2a_1.py", path, BINDING[suffix], f"use tool {tool}", json.dumps(answer))
    assert last_state(done["stream"]) == "TASK_STATE_INPUT_REQUIRED"
    text, data = done["stream"][-1]["statusUpdate"]["status"]["message"]["parts"]
    assert tool in text["text"]
    assert [call["name"] for call in data["data"]["requirements"]] == [tool]
    [plain] = done["plain"]
    assert plain["task"]["status"]["state"] == "TASK_STATE_INPUT_REQUIRED"
    assert last_state(done["answered"]) == "TASK_STATE_COMPLETED"
    assert done["again"]["type"] == "UnsupportedOperationError"
    covered("A2A 1.0", PAUSE_ROWS[agent], f"`{last_state(done['stream'])}`, then `{last_state(done['answered'])}`")
    covered("A2A 1.0", "second answer", f"`{done['again']['type']}`")


@pytest.mark.parametrize("component", COMPONENTS)
def test_client_of_version_03_does_every_operation(
    faces: Faces, suffix: str, component: str, covered: Covered
) -> None:
    done = faces.python("agno-3.1.10", "a2a_03.py", f"/a2a/{component}-{suffix}/", "hello")
    [sent] = done["send"]
    assert sent["task"]["status"]["state"] == "completed"
    last = done["stream"][-1]
    assert last["update"]["final"] is True
    assert text_in(last["task"]["artifacts"]) == "You said: hello "
    assert text_in(done["get"]["artifacts"]) == "You said: hello "
    codes = [done[name]["message"] for name in ("cancel", "unknown")]
    assert "-32002" in codes[0] and "-32001" in codes[1]
    covered("A2A 0.3", RUNS[component.partition("/")[2]], f"`{last['task']['status']['state']}`")


def test_long_task_of_version_03_is_followed_and_cancelled(faces: Faces, suffix: str, covered: Covered) -> None:
    done = faces.python("agno-3.1.10", "a2a_03.py", f"/a2a/agents/helper-{suffix}/", "slow")
    assert done["begun"]["task"]["status"]["state"] == "working"
    assert done["followed"] and done["canceled"]["status"]["state"] == "canceled"
    covered("A2A 0.3", BACKGROUND["read"], f"`{done['begun']['task']['status']['state']}`")
    covered("A2A 0.3", BACKGROUND["follow"], "task, then updates")
    covered("A2A 0.3", BACKGROUND["cancel"], "`canceled`")


@pytest.mark.parametrize("agent,tool,answer", PAUSES)
def test_client_of_version_03_answers_a_pause(
    faces: Faces, suffix: str, agent: str, tool: str, answer: dict, covered: Covered
) -> None:
    path = f"/a2a/agents/{agent}-{suffix}/"
    done = faces.python("agno-3.1.10", "a2a_03.py", path, f"use tool {tool}", json.dumps(answer))
    assert done["stream"][-1]["task"]["status"]["state"] == "input-required"
    assert done["answered"][-1]["task"]["status"]["state"] == "completed"
    assert "-32004" in done["again"]["message"]
    states = [done[name][-1]["task"]["status"]["state"] for name in ("stream", "answered")]
    covered("A2A 0.3", PAUSE_ROWS[agent], f"`{states[0]}`, then `{states[1]}`")
    covered("A2A 0.3", "second answer", "-32004")


@pytest.mark.parametrize("component", COMPONENTS)
def test_client_in_javascript_sends_streams_and_gets(faces: Faces, suffix: str, component: str) -> None:
    seen = faces.node("a2a.mjs", f"/a2a/{component}-{suffix}/", "hello")
    assert seen["sent"]["artifacts"][0]["parts"][0]["content"]["value"] == "You said: hello "
    cases = [event["payload"]["$case"] for event in seen["streamed"]]
    assert cases[0] == "task" and cases[-1] == "statusUpdate" and "artifactUpdate" in cases
    assert seen["got"]["status"]["state"] == 3
    assert seen["error"] == "TaskNotCancelableError"


@pytest.mark.parametrize("release", ["2.9.0", "3.1.10"])
def test_agno_client_reads_its_own_dialect(faces: Faces, suffix: str, release: str) -> None:
    done = faces.python(f"agno-{release}", "agno_a2a.py", "", suffix)
    said = "You said: hello "
    assert done["card"] == "Helper"
    assert done["sent"] == ["completed", said, "agno-c1"]
    assert done["text"] == "You said: use tool add "
    assert done["stream"][0] == "working" and done["stream"][-2:] == ["completed", "task"]
    assert [done[name] for name in ("output", "streamed", "team", "workflow")] == [said] * 4
    assert done["paused"] == "input-required"


@pytest.mark.parametrize("component", COMPONENTS)
def test_remote_agent_of_google_adk_says_the_answer(faces: Faces, suffix: str, component: str) -> None:
    seen = faces.python("adk", "adk_remote.py", f"/a2a/{component}-{suffix}/", "hello")
    assert "".join(seen["said"]) == "You said: hello "
    assert seen["errors"] == []


def test_remote_agent_of_google_adk_answers_a_pause(faces: Faces, suffix: str) -> None:
    path = f"/a2a/agents/confirming-{suffix}/"
    seen = faces.python("adk", "adk_remote.py", path, "use tool delete_file", '{"accepted": true}')
    assert seen["asked"] == [{"input_required": "May delete_file run?"}]
    assert "".join(seen["said"]) == "You said: use tool delete_file "


def test_catalogue_names_every_card(faces: Faces) -> None:
    with faces.http as http:
        entries = http.get("/.well-known/ai-catalog.json").json()["entries"]
        cards = {entry["displayName"]: http.get(entry["url"]).json() for entry in entries}
        assert http.get("/.well-known/agent-card.json").json()["url"].endswith("/a2a/agents/helper-b/")
    assert {"Helper", "Pair", "Flow"} <= set(cards)
    assert all(card["capabilities"]["streaming"] for card in cards.values())
