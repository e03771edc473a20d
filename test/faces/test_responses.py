"""`/v1/responses`, asked by the official Python client."""

import json
import time

import openai
import pytest
from conftest import Faces
from face_coverage import BACKGROUND, PAUSES, RUNS, Covered
from pydantic import BaseModel


@pytest.fixture
def client(faces: Faces) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{faces.url}/v1", api_key="none", max_retries=0)


@pytest.mark.parametrize("kind,name", [("agent", "helper"), ("team", "pair"), ("workflow", "flow")])
def test_stream_ends_with_the_whole_response(
    client: openai.OpenAI, suffix: str, kind: str, name: str, covered: Covered
) -> None:
    with client.responses.stream(model=f"{kind}/{name}-{suffix}", input="hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    assert final.output_text == "You said: hello "
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    covered("responses", RUNS[name], f"`{final.status}`")


def test_previous_response_keeps_the_session(client: openai.OpenAI, faces: Faces, suffix: str) -> None:
    model = f"helper-{suffix}"
    first = client.responses.create(model=model, input="one")
    second = client.responses.create(model=model, input="two", previous_response_id=first.id)
    assert second.output_text == "You said: two "
    session = (second.model_extra or {})["x_agentos"]["session_id"]
    with faces.http as http:
        runs = http.get(f"/agents/{model}/runs", params={"session_id": session}).json()
    assert [run["run_input"] for run in runs] == ["one", "two"]


def test_stored_response_can_be_read_again(client: openai.OpenAI, suffix: str) -> None:
    made = client.responses.create(model=f"helper-{suffix}", input="use tool")
    assert [item.type for item in made.output] == ["mcp_call", "message"]
    read = client.responses.retrieve(made.id)
    assert (read.status, read.output_text) == ("completed", made.output_text)
    items = client.responses.input_items.list(made.id)
    assert items.data[0].content[0].text == "use tool"


def test_background_response_is_polled_to_its_end(client: openai.OpenAI, suffix: str, covered: Covered) -> None:
    made = client.responses.create(model=f"helper-{suffix}", input="hello", background=True)
    assert made.status in ("queued", "in_progress")
    deadline = time.monotonic() + 30
    while made.status in ("queued", "in_progress") and time.monotonic() < deadline:
        made = client.responses.retrieve(made.id)
    assert made.output_text.strip() == "You said: hello"
    covered("responses", BACKGROUND["read"], f"`{made.status}`")


def test_background_stream_resumes_after_a_sequence_number(client: openai.OpenAI, suffix: str, covered: Covered) -> None:
    seen = []
    stream = client.responses.create(model=f"helper-{suffix}", input="slow", background=True, stream=True)
    for event in stream:
        seen.append(event)
        if len(seen) == 8:
            break
    stream.close()
    followed = list(client.responses.retrieve(seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number))
    assert followed[0].sequence_number == seen[-1].sequence_number + 1
    assert followed[-1].type == "response.completed"
    text = "".join(event.delta for event in [*seen, *followed] if event.type == "response.output_text.delta")
    assert text == followed[-1].response.output_text
    covered("responses", BACKGROUND["follow"], f"`{followed[-1].response.status}`")


def test_cancelled_background_response_has_status_cancelled(client: openai.OpenAI, suffix: str, covered: Covered) -> None:
    made = client.responses.create(model=f"helper-{suffix}", input="slow", background=True)
    assert client.responses.cancel(made.id).status == "cancelled"
    covered("responses", BACKGROUND["cancel"], "`cancelled`")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "agent,tool,answer",
    [
        ("confirming", "delete_file", None),
        ("asking", "greet", {"values": {"name": "Ada"}}),
        ("outside", "read_clock", "noon"),
        ("polling", "ask_user", {"selections": {"Which?": ["a"]}}),
    ],
)
def test_paused_run_continues_after_an_answer(
    client: openai.OpenAI, suffix: str, agent: str, tool: str, answer: object, stream: bool, covered: Covered
) -> None:
    model = f"{agent}-{suffix}"
    made = client.responses.create(model=model, input=f"use tool {tool}", stream=stream)
    if stream:
        made = list(made)[-1].response
    item = made.output[-1]
    if answer is None:
        assert item.type == "mcp_approval_request"
        reply = {"type": "mcp_approval_response", "approval_request_id": item.id, "approve": True}
    else:
        output = answer if isinstance(answer, str) else json.dumps(answer)
        reply = {"type": "function_call_output", "call_id": item.call_id, "output": output}
    assert client.responses.retrieve(made.id).output[-1].type == item.type
    done = client.responses.create(model=model, input=[reply], previous_response_id=made.id)
    assert done.output_text.startswith("You said")
    with pytest.raises(openai.ConflictError):
        client.responses.create(model=model, input=[reply], previous_response_id=made.id)
    covered("responses", PAUSES[agent], f"`{item.type}`, then `{done.status}`")
    covered("responses", "second answer", "409")


class Answer(BaseModel):
    text: str


def test_text_format_becomes_the_output_schema(client: openai.OpenAI, suffix: str) -> None:
    schema = {"type": "json_schema", "name": "Answer", "schema": Answer.model_json_schema()}
    made = client.responses.create(model=f"helper-{suffix}", input="hello", text={"format": schema})
    assert made.status == "completed"


def test_unknown_response_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_unknown")
