"""OpenAI's API, asked by the official Python and JavaScript clients."""

import json
import uuid

import openai
import pytest
from conftest import Faces
from face_coverage import PAUSES, RUNS, Covered
from pydantic import BaseModel


@pytest.fixture
def client(faces: Faces) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{faces.url}/v1", api_key="none", max_retries=0)


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_models_lists_the_components_of_all_upstreams(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert {"agent/helper-a", "agent/helper-b", "team/pair-a", "workflow/flow-b"} <= set(ids)
    assert client.models.retrieve("agent/helper-b").owned_by == "b"


def test_completion_contains_text_and_usage(client: openai.OpenAI, suffix: str) -> None:
    answer = client.chat.completions.create(model=f"helper-{suffix}", messages=said("hello"))
    assert answer.choices[0].message.content == "You said: hello "
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage and answer.usage.prompt_tokens == 10


@pytest.mark.parametrize("kind,name", [("agent", "helper"), ("team", "pair"), ("workflow", "flow")])
def test_stream_contains_the_text_of_the_completion(
    client: openai.OpenAI, suffix: str, kind: str, name: str, covered: Covered
) -> None:
    stream = client.chat.completions.create(
        model=f"{kind}/{name}-{suffix}", messages=said("hello"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You said: hello "
    assert chunks[-1].usage and chunks[-1].usage.total_tokens > 0
    covered("chat completions", RUNS[name], f"`{chunks[-2].choices[0].finish_reason}`")


def test_completion_omits_tool_calls_of_the_agent(client: openai.OpenAI, suffix: str) -> None:
    tools = [{"type": "function", "function": {"name": "theirs", "parameters": {}}}]
    answer = client.chat.completions.create(model=f"helper-{suffix}", messages=said("use tool"), tools=tools)
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].message.content == "You said: use tool "


def test_existing_session_receives_only_the_new_message(client: openai.OpenAI, faces: Faces, suffix: str) -> None:
    session = str(uuid.uuid4())
    headers = {"x-agentos-session-id": session}
    model = f"helper-{suffix}"
    first = said("one")
    answer = client.chat.completions.create(model=model, messages=first, extra_headers=headers)
    turns = [*first, {"role": "assistant", "content": answer.choices[0].message.content}, *said("two")]
    client.chat.completions.create(model=model, messages=turns, extra_headers=headers)
    with faces.http as http:
        runs = http.get(f"/agents/{model}/runs", params={"session_id": session}).json()
    assert [run["run_input"] for run in runs] == ["one", "two"]


def test_new_session_receives_the_earlier_messages(client: openai.OpenAI, suffix: str) -> None:
    turns = [*said("one"), {"role": "assistant", "content": "You said: one"}, *said("two")]
    answer = client.chat.completions.create(model=f"helper-{suffix}", messages=turns)
    text = answer.choices[0].message.content or ""
    assert "User: one" in text and text.rstrip().endswith("User: two")


def test_edited_message_starts_another_session(client: openai.OpenAI, faces: Faces, suffix: str) -> None:
    session = str(uuid.uuid4())
    headers = {"x-openwebui-chat-id": session}
    model = f"helper-{suffix}"
    client.chat.completions.create(model=model, messages=said("one"), extra_headers=headers)
    turns = [*said("another"), {"role": "assistant", "content": "?"}, *said("two")]
    raw = client.chat.completions.with_raw_response.create(model=model, messages=turns, extra_headers=headers)
    assert raw.headers["x-agentos-session-id"] != session
    with faces.http as http:
        runs = http.get(f"/agents/{model}/runs", params={"session_id": session}).json()
    assert [run["run_input"] for run in runs] == ["one"]


def test_side_prompts_do_not_enter_the_session(client: openai.OpenAI, faces: Faces, suffix: str) -> None:
    session = str(uuid.uuid4())
    headers = {"x-openwebui-chat-id": session}
    model = f"helper-{suffix}"
    client.chat.completions.create(model=model, messages=said("one"), extra_headers=headers)
    client.chat.completions.create(model=model, messages=said("### Task:\nA title"), extra_headers=headers)
    with faces.http as http:
        runs = http.get(f"/agents/{model}/runs", params={"session_id": session}).json()
    assert [run["run_input"] for run in runs] == ["one"]


def test_images_reach_the_model(client: openai.OpenAI, suffix: str) -> None:
    pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    parts = [{"type": "text", "text": "what files"}, {"type": "image_url", "image_url": {"url": pixel}}]
    answer = client.chat.completions.create(model=f"helper-{suffix}", messages=[{"role": "user", "content": parts}])
    assert "image_url data:image/png" in (answer.choices[0].message.content or "")


class Answer(BaseModel):
    text: str


def test_response_format_becomes_the_output_schema(client: openai.OpenAI, suffix: str) -> None:
    schema = {"name": "Answer", "schema": Answer.model_json_schema()}
    answer = client.chat.completions.create(
        model=f"helper-{suffix}",
        messages=said("hello"),
        response_format={"type": "json_schema", "json_schema": schema},
    )
    assert answer.choices[0].message.content


@pytest.mark.parametrize("kind,name", [("agent", "helper"), ("team", "pair"), ("workflow", "flow")])
@pytest.mark.parametrize("stream", [False, True])
def test_repeated_idempotency_key_starts_one_run(client: openai.OpenAI, suffix: str, kind: str, name: str, stream: bool) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    model = f"{kind}/{name}-{suffix}"
    ids = []
    for _ in range(2):
        answer = client.chat.completions.create(
            model=model, messages=said("hello"), extra_headers=headers, stream=stream
        )
        ids.append({chunk.id for chunk in answer} if stream else {answer.id})
    assert ids[0] == ids[1] and len(ids[0]) == 1


CONFIRM = [{"type": "function", "function": {"name": "agentos_confirm", "parameters": {}}}]


@pytest.mark.parametrize(
    "agent,tool,answer,end",
    [
        ("confirming", "delete_file", {"accepted": True}, "You said"),
        ("confirming", "delete_file", {"accepted": False, "note": "no"}, "You said"),
        ("asking", "greet", {"values": {"name": "Ada"}}, "You said"),
        ("outside", "read_clock", "noon", "You said"),
        ("polling", "ask_user", {"selections": {"Which?": ["a"]}}, "You said"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_paused_run_continues_after_an_answer(
    client: openai.OpenAI, suffix: str, agent: str, tool: str, answer: object, end: str, stream: bool, covered: Covered
) -> None:
    model = f"{agent}-{suffix}"
    turns: list = said(f"use tool {tool}")
    if stream:
        chunks = list(client.chat.completions.create(model=model, messages=turns, tools=CONFIRM, stream=True))
        finish = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1]
        delta = next(chunk.choices[0].delta for chunk in chunks if chunk.choices and chunk.choices[0].delta.tool_calls)
        calls = [{"id": call.id, "type": "function", "function": call.function.model_dump()} for call in delta.tool_calls]
    else:
        choice = client.chat.completions.create(model=model, messages=turns, tools=CONFIRM).choices[0]
        finish, calls = choice.finish_reason, [call.model_dump() for call in choice.message.tool_calls or []]
    assert finish == "tool_calls"
    content = answer if isinstance(answer, str) else json.dumps(answer)
    answered = {"role": "tool", "tool_call_id": calls[0]["id"], "content": content}
    turns += [{"role": "assistant", "tool_calls": calls}, answered]
    last = client.chat.completions.create(model=model, messages=turns, tools=CONFIRM)
    assert (last.choices[0].message.content or "").startswith(end)
    with pytest.raises(openai.ConflictError):
        client.chat.completions.create(model=model, messages=turns, tools=CONFIRM)
    covered("chat completions", PAUSES[agent], f"`{finish}`, then `{last.choices[0].finish_reason}`")
    covered("chat completions", "second answer", "409")


def test_plain_message_to_a_paused_session_is_refused(client: openai.OpenAI, suffix: str) -> None:
    headers = {"x-agentos-session-id": str(uuid.uuid4())}
    model = f"confirming-{suffix}"
    paused = client.chat.completions.create(model=model, messages=said("use tool"), extra_headers=headers)
    assert "delete_file" in (paused.choices[0].message.content or "")
    with pytest.raises(openai.ConflictError) as refused:
        client.chat.completions.create(model=model, messages=said("yes"), extra_headers=headers)
    assert refused.value.response.headers["x-should-retry"] == "false"
    words = {**headers, "x-agentos-hitl": "text"}
    answer = client.chat.completions.create(model=model, messages=said("yes"), extra_headers=words)
    assert answer.choices[0].message.content == "You said: use tool "


def test_errors_have_the_form_of_openai(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="agent/nobody", messages=said("hello"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="helper-a", messages=said("hello"), n=2)


def test_javascript_client_streams_and_answers_pauses(faces: Faces, suffix: str) -> None:
    seen = faces.node("openai.mjs", suffix)
    assert seen["text"] == "You said: hello "
    assert seen["finish"] == "tool_calls"
    assert seen["answered"].startswith("You said")
