"""Plays requests against the composing AgentOS, and writes each answer under its name.

record.py URL FILE
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

Json = dict[str, Any]
URL, FILE = sys.argv[1:3]
STREAM = {"stream": "true", "stream_events": "true"}
client = httpx.Client(base_url=URL, timeout=60)
recorded: dict[str, Json] = {}


def without(keys: set[str], value: Any) -> Any:
    """Removes members at every depth."""
    if isinstance(value, list):
        return [without(keys, item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: without(keys, item) for key, item in value.items() if key not in keys}


def data_of(line: str) -> list[Json]:
    text = line.removeprefix("data:").strip()
    return [json.loads(text)] if line.startswith("data:") and text.startswith("{") else []


def record(name: str, path: str, method: str = "POST", on_content: Callable[[Json], None] | None = None, **fields: str) -> Json:
    """Sends one request. @param on_content called once with the first event of the run when the first content arrives"""
    request = {"method": method, "path": path, "fields": fields}
    with client.stream(method, path, data=fields or None) as response:
        answer: Json = {"request": request, "status": response.status_code}
        if "event-stream" in response.headers.get("content-type", ""):
            events: list[Json] = []
            for line in response.iter_lines():
                events += data_of(line)
                if on_content and events and "Content" in events[-1].get("event", ""):
                    threading.Thread(target=on_content, args=(events[0],)).start()
                    on_content = None
            # The last frame of a paused run repeats all events.
            answer["events"] = without({"events"}, events)
        else:
            response.read()
            answer["output"] = response.json()
    # The conversations with the model are large, and no client reads them.
    recorded[name] = without({"messages"}, answer)
    return answer


def run(name: str, component: str, message: str, session: str, **fields: Any) -> Json:
    return record(name, f"/{component}/runs", message=message, session_id=session, **fields)


def resume(name: str, component: str, paused: Json, requirements: list[Json], **fields: str) -> Json:
    """Continues a paused run with its requirements, which have answers."""
    key = "requirements" if component.startswith("teams") else "step_requirements"
    path = f"/{component}/runs/{paused['run_id']}/continue"
    return record(name, path, session_id=paused["session_id"], **{key: json.dumps(requirements)}, **fields)


def pause_in(answer: Json) -> Json:
    """Returns the event, or the output, that contains the requirements."""
    if "output" in answer:
        return answer["output"]
    return next(event for event in answer["events"] if event.get("event") in ("TeamRunPaused", "WorkflowPaused"))


def decided(requirements: list[Json], confirmed: bool, note: str | None = None) -> list[Json]:
    for each in requirements:
        each["confirmation"] = each["tool_execution"]["confirmed"] = confirmed
        if note:
            each["confirmation_note"] = note
    return requirements


def cancelling(component: str) -> Callable[[Json], None]:
    def cancel(started: Json) -> None:
        time.sleep(0.3)
        httpx.post(f"{URL}/{component}/runs/{started['run_id']}/cancel")

    return cancel


def cards() -> None:
    for path in ("/teams", "/workflows", "/config", "/teams/coordinate", "/workflows/fan", "/workflows/choice"):
        record("card" + path.replace("/", "-"), path, "GET")


def teams() -> None:
    plays = [("coordinate", word) for word in ("hello", "both", "alone")]
    for team, word in [*plays, ("route", "hello"), ("broadcast", "hello"), ("nested", "hello")]:
        message = word if word == "hello" else f"{word} hello"
        run(f"team-{team}-{word}-stream", f"teams/{team}", message, f"{team}-{word}", **STREAM)
        run(f"team-{team}-{word}-whole", f"teams/{team}", message, f"{team}-{word}", stream="false")
    run("team-content-only", "teams/coordinate", "hello", "content-only", stream="true")
    paused = pause_in(run("team-pause-stream", "teams/payers", "pay now", "pay-s", **STREAM))
    resume("team-continue-stream", "teams/payers", paused, decided(paused["requirements"], True), **STREAM)
    paused = pause_in(run("team-pause-whole", "teams/payers", "pay now", "pay-w", stream="false"))
    rejected = decided(paused["requirements"], False, "too much")
    resume("team-reject-whole", "teams/payers", paused, rejected, stream="false")


def workflows() -> None:
    for name in ("chain", "fan", "again", "router", "group", "teamstep"):
        run(f"workflow-{name}-stream", f"workflows/{name}", "hello", name, **STREAM)
        run(f"workflow-{name}-whole", f"workflows/{name}", "hello", name, stream="false")
    for answer in ("yes", "no"):
        run(f"workflow-choice-{answer}-stream", "workflows/choice", answer, f"choice-{answer}", **STREAM)
    paused = pause_in(run("workflow-executor-pause-stream", "workflows/asks", "pay now", "asks", **STREAM))
    for each in paused["step_requirements"]:
        decided(each["executor_requirements"], True)
    resume("workflow-executor-continue-stream", "workflows/asks", paused, paused["step_requirements"], **STREAM)
    answer_steps("confirm", "confirm", [{"confirmed": True}])
    run("workflow-confirm-pause-whole", "workflows/confirm", "hello", "confirm-w", stream="false")


def answer_steps(workflow: str, name: str, answers: list[Json]) -> None:
    """Runs a workflow that pauses, and gives one answer after the other."""
    paused = pause_in(run(f"workflow-{name}-pause-stream", f"workflows/{workflow}", "hello", name, **STREAM))
    for index, answer in enumerate(answers):
        paused["step_requirements"][-1].update(answer)
        component = f"workflows/{workflow}"
        title = f"workflow-{name}-continue{'' if index == 0 else f'-{index + 1}'}-stream"
        given = resume(title, component, paused, paused["step_requirements"], **STREAM)
        if answer is not answers[-1]:
            paused = pause_in(given)


def reviews() -> None:
    accepted = {"confirmed": True}
    again = {"confirmed": False, "rejection_feedback": "shorter"}
    answer_steps("review", "review", [accepted])
    answer_steps("review", "review-edit", [{**accepted, "edited_output": "edited"}])
    answer_steps("review", "review-retry", [again, accepted])
    answer_steps("choose", "choose", [{"selected_choices": ["right"]}])
    answer_steps("detour", "detour", [again, {"selected_choices": ["right"]}, accepted])
    answer_steps("refine", "refine", [again, accepted])
    run("workflow-review-pause-whole", "workflows/review", "hello", "review-w", stream="false")
    run("workflow-choose-pause-whole", "workflows/choose", "hello", "choose-w", stream="false")


def lifecycle() -> None:
    for kind, component in (("team", "teams/coordinate"), ("workflow", "workflows/chain")):
        cancel = cancelling(component)
        run(f"{kind}-cancel-stream", component, "slow", f"cancel-{kind[0]}", on_content=cancel, **STREAM)
    streamed = run("team-background-stream", "teams/coordinate", "hello", "bg", background="true", **STREAM)
    path = f"/teams/coordinate/runs/{next(e['run_id'] for e in streamed['events'] if 'run_id' in e)}"
    record("team-resume", f"{path}/resume", last_event_index="3", session_id="bg")
    record("team-run-get", f"{path}?session_id=bg", "GET")
    whole = run("workflow-background-whole", "workflows/chain", "hello", "bgw", background="true", stream="false")
    time.sleep(2)
    record("workflow-run-get", f"/workflows/chain/runs/{whole['output']['run_id']}?session_id=bgw", "GET")


def sessions() -> None:
    for kind, session in (("team", "coordinate-both"), ("workflow", "fan")):
        record(f"sessions-{kind}", f"/sessions?type={kind}&limit=3", "GET")
        record(f"session-{kind}", f"/sessions/{session}?type={kind}", "GET")
        record(f"session-runs-{kind}", f"/sessions/{session}/runs?type={kind}", "GET")


for part in (cards, teams, workflows, reviews, lifecycle, sessions):
    part()
with open(FILE, "w") as file:
    lines = [f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}" for name, entry in recorded.items()]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{len(recorded)} recordings in {FILE}")
