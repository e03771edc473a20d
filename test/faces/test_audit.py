"""The audit log of runs, pauses and approvals on real AgentOS of both releases, asked natively and by OpenAI's client."""

import hashlib
import json
import time
import uuid
from typing import Any

import openai
from conftest import NODE, PROJECT, Faces, finished

CONFIRM: Any = [{"type": "function", "function": {"name": "agentos_confirm", "parameters": {}}}]
SAID = "use tool delete_file"


def lines(faces: Faces, component: str, session: str | None = None) -> list[dict[str, Any]]:
    """The lines of the runs of one component, once every run has ended."""
    for _ in range(200):
        found = [json.loads(line) for line in faces.audit.read_text().splitlines()]
        sent = [line for line in found if line["event"] == "run_sent" and line.get("component") == component]
        sent = [line for line in sent if session is None or line.get("session_id") == session]
        ended = {line["sent"]: line for line in found if line["event"] == "run_ended"}
        if sent and all(line["seq"] in ended for line in sent):
            return [each for line in sent for each in (line, ended[line["seq"]])]
        time.sleep(0.05)
    raise AssertionError(f"no ended run of {component}")


def digest(arguments: object) -> str:
    text = json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_approval_is_bound_to_the_exact_arguments(faces: Faces, suffix: str) -> None:
    session = str(uuid.uuid4())
    path = f"/agents/confirming-{suffix}/runs"
    form = {"message": SAID, "stream": "false", "session_id": session}
    with faces.http as http:
        run = http.post(path, data=form).json()
        assert run["status"] == "PAUSED"
        tools = run["tools"]
        tools[0]["confirmed"] = True
        answer = {"tools": json.dumps(tools), "stream": "false", "session_id": session}
        done = http.post(f"{path}/{run['run_id']}/continue", data=answer)
        assert done.json()["status"] == "COMPLETED"
    begun, paused, continued, ended = lines(faces, f"agents/confirming-{suffix}", session)
    expected = {"tool": "delete_file", "call_id": tools[0]["tool_call_id"], "args_sha256": digest(tools[0]["tool_args"])}
    assert begun["action"] == "start" and begun["caller"] == "anonymous"
    assert paused["run_status"] == "PAUSED"
    assert paused["pending"] == [{**expected, "decision": "pending"}]
    assert continued["action"] == "continue" and continued["run_id"] == run["run_id"]
    assert continued["decisions"] == [{**expected, "decision": "approved"}]
    assert ended["run_status"] == "COMPLETED"
    assert ended["tokens"]["input"] > 0


def test_approval_through_a_face_is_recorded(faces: Faces, suffix: str) -> None:
    client = openai.OpenAI(base_url=f"{faces.url}/v1", api_key="none", max_retries=0)
    model = f"confirming-{suffix}"
    turns: list[Any] = [{"role": "user", "content": SAID}]
    first = client.chat.completions.create(model=model, messages=turns, tools=CONFIRM)
    (call,) = first.choices[0].message.tool_calls or []
    answer = {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"accepted": False, "note": "no"})}
    turns += [{"role": "assistant", "tool_calls": [call.model_dump()]}, answer]
    client.chat.completions.create(model=model, messages=turns, tools=CONFIRM)
    begun, paused, continued, ended = lines(faces, f"agents/{model}")[-4:]
    assert begun["face"] == continued["face"] == "openai"
    (pending,) = paused["pending"]
    (decision,) = continued["decisions"]
    assert decision == {**pending, "decision": "rejected"}
    assert ended["run_status"] == "COMPLETED"


def test_log_holds_no_content_and_is_whole(faces: Faces) -> None:
    text = faces.audit.read_text()
    assert SAID not in text and "You said" not in text
    command = [NODE, str(PROJECT / "server.ts"), "audit", "verify", str(faces.audit)]
    verified = finished(command)
    assert verified.returncode == 0, verified.stdout
    assert verified.stdout.startswith("ok: chain ")
