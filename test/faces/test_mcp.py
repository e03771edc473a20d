"""MCP, driven by the official clients of both lines, Agno's MCPTools, the Inspector and the conformance suite."""

import json
import re
from pathlib import Path

import pytest
from conftest import HERE, MCP_NODE_CLIENTS, NODE, Faces, finished
from face_coverage import PAUSES as PAUSE_ROWS
from face_coverage import RUNS, Covered

LINES = {"modern": "MCP 2026-07-28", "legacy": "MCP 2025-11-25", "sdk-1": "MCP 2025-11-25"}
PYTHONS = ["faces-mcp-1", "faces-mcp-2"]
FORMS = [
    ("confirming", "delete_file", {"accepted": True}),
    ("asking", "greet", {"name": "Ada"}),
    ("polling", "ask_user", {"question_1": "a"}),
]
FEEDBACK = [{"question": "Which?", "selected_options": ["a"]}]
PAUSES = [
    ("confirming", "delete_file", {"confirmation": True}),
    ("confirming", "delete_file", {"confirmation": False, "confirmation_note": "no"}),
    ("asking", "greet", {"user_input_schema": [{"name": "name", "value": "Ada"}]}),
    ("outside", "read_clock", {"external_execution_result": "noon"}),
    ("polling", "ask_user", {"user_feedback_schema": FEEDBACK}),
]
# Checks that Agno's own server of 3.1.10 passes.
AGNO_PASSES = {"2025-11-25": 45, "2026-07-28": 112}


def javascript(faces: Faces, *arguments: str) -> dict:
    return faces.node("mcp/client.mjs", *arguments, clients=MCP_NODE_CLIENTS)


def python(faces: Faces, environment: str, *arguments: str) -> dict:
    return faces.python(environment, "mcp/python_client.py", "/mcp", *arguments)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("tool", ["helper", "pair", "flow"])
def test_component_runs_as_a_tool(faces: Faces, suffix: str, line: str, tool: str, covered: Covered) -> None:
    seen = javascript(faces, line, f"{tool}-{suffix}", "")
    assert seen["result"]["content"][0]["text"] == "You said: hello "
    assert seen["result"]["structuredContent"]["status"] == "COMPLETED"
    assert {"get_agentos_config", "run_agent", "continue_run", f"helper-{suffix}"} <= set(seen["names"])
    assert seen["version"] in {"modern": ["2026-07-28"], "legacy": ["2025-11-25"]}.get(line, [""])
    covered(LINES[line], RUNS[tool], "`COMPLETED`")


@pytest.mark.parametrize("line", LINES)
def test_progress_names_tools_and_steps(faces: Faces, suffix: str, line: str) -> None:
    seen = javascript(faces, line, f"flow-{suffix}", "add")
    assert "Step started: s (1)" in seen["progress"] and "Tool call completed: add" in seen["progress"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("agent,tool,content", FORMS)
def test_form_answers_a_pause(
    faces: Faces, suffix: str, line: str, agent: str, tool: str, content: dict, covered: Covered
) -> None:
    given = json.dumps({"action": "accept", "content": content})
    seen = javascript(faces, line, f"{agent}-{suffix}", tool, given)
    assert len(seen["forms"]) == 1
    assert seen["result"]["structuredContent"]["status"] == "COMPLETED"
    covered(LINES[line], PAUSE_ROWS[agent], "form, then `COMPLETED`")


@pytest.mark.parametrize("line", LINES)
def test_paused_result_is_continued_once(faces: Faces, suffix: str, line: str, covered: Covered) -> None:
    answer = '{"external_execution_result": "noon"}'
    seen = javascript(faces, line, f"outside-{suffix}", "read_clock", "", answer)
    states = [seen[name]["structuredContent"] for name in ("result", "continued", "again")]
    assert [state.get("status") for state in states] == ["PAUSED", "COMPLETED", None]
    covered(LINES[line], PAUSE_ROWS["outside"], "`PAUSED`, then `COMPLETED`")
    covered(LINES[line], "second answer", str(states[2]["error"]["status"]))


def test_declined_form_refuses_the_tool(faces: Faces, suffix: str) -> None:
    seen = javascript(faces, "modern", f"confirming-{suffix}", "delete_file", '{"action": "decline"}')
    assert seen["result"]["structuredContent"]["status"] == "COMPLETED"


def test_cancelled_form_leaves_the_run_waiting(faces: Faces, suffix: str) -> None:
    seen = javascript(faces, "modern", f"asking-{suffix}", "greet", '{"action": "cancel"}')
    assert seen["result"]["structuredContent"]["status"] == "PAUSED"


@pytest.mark.parametrize("environment", PYTHONS)
@pytest.mark.parametrize("agent,tool,answers", PAUSES)
def test_pause_is_answered_once(
    faces: Faces, suffix: str, environment: str, agent: str, tool: str, answers: dict, covered: Covered
) -> None:
    seen = python(faces, environment, "pause", f"{agent}-{suffix}", tool, json.dumps(answers))
    assert seen["paused"]["structuredContent"]["status"] == "PAUSED"
    assert seen["first"]["structuredContent"]["status"] == "COMPLETED"
    assert seen["second"]["isError"] and seen["second"]["structuredContent"]["error"]["status"] == 409
    assert [run["status"] for run in seen["runs"]["structuredContent"]["result"]] == ["COMPLETED"]
    covered("MCP 2025-11-25", PAUSE_ROWS[agent], "`PAUSED`, then `COMPLETED`")
    covered("MCP 2025-11-25", "second answer", "409")


@pytest.mark.parametrize("environment", PYTHONS)
def test_agno_tools_reach_every_component(faces: Faces, suffix: str, environment: str) -> None:
    seen = python(faces, environment, "tools", f"helper-{suffix}")
    assert seen["text"] == "You said: hello "
    assert {"run_agent", "get_sessions", "pair-a", "flow-b"} <= set(seen["names"])


def inspector(faces: Faces, *arguments: str) -> dict:
    program = MCP_NODE_CLIENTS / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    done = finished([NODE, str(program), "--cli", f"{faces.url}/mcp", "--transport", "http", *arguments])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_inspector_lists_and_calls_tools(faces: Faces, suffix: str) -> None:
    names = [tool["name"] for tool in inspector(faces, "--method", "tools/list")["tools"]]
    assert "run_workflow" in names and f"helper-{suffix}" in names
    call = ["--method", "tools/call", "--tool-name", "run_agent"]
    arguments = ["--tool-arg", f"agent_id=helper-{suffix}", "--tool-arg", "message=hello"]
    assert inspector(faces, *call, *arguments)["content"][0]["text"] == "You said: hello "


def conformance_checks(results: Path) -> tuple[int, set[str]]:
    """Number of passed checks, and the failed ones as `scenario:check`."""
    passed, failed = 0, set()
    for file in results.glob("*/checks.json"):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$", "", file.parent.name)
        for check in json.loads(file.read_text()):
            passed += check["status"] == "SUCCESS"
            if check["status"] == "FAILURE":
                failed.add(f"{scenario}:{check['id']}")
    return passed, failed


@pytest.mark.parametrize("selection,revision", [("--suite=active", "2025-11-25"), ("--requirements=2026-07-28", "2026-07-28")])
def test_conformance_is_no_worse_than_agnos(faces: Faces, tmp_path: Path, selection: str, revision: str) -> None:
    program = MCP_NODE_CLIENTS / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    command = [NODE, str(program), "server", "--url", f"{faces.url}/mcp", selection, "--output-dir", str(tmp_path)]
    finished(command, timeout=300)
    passed, failed = conformance_checks(tmp_path)
    reasons = json.loads((HERE / "mcp" / "expected-failures.json").read_text())[revision]
    expected = {check for checks in reasons.values() for check in checks}
    assert failed - expected == set(), "unexpected failures"
    assert expected - failed == set(), "unexpected passes: remove them from expected-failures.json"
    assert passed >= AGNO_PASSES[revision]
