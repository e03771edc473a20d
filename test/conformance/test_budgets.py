"""Tests that budgets count the tokens that real AgentOS servers report, and refuse OpenAI's own client."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from caller import Answer, Caller, new_id
from child import Child
from rig import Rig, Upstream, gateway_child
from tokens import SECRET, token

RUN_TOKENS = 14
"""Tokens of one request to the scripted model with two words: 10 of the question and 2 + 2 of the answer."""


def started(rig: Rig, directory: Path, extra: dict[str, object], name: str) -> tuple[str, Child]:
    upstreams = [{"name": u.name, "url": u.url} for u in rig.upstreams.values() if not u.jwt]
    url, child = gateway_child({"id": name, "upstreams": upstreams, **extra}, directory, name)
    child.wait_until_answering(f"{url}/health")
    return url, child


@pytest.fixture(scope="module")
def counting(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A gateway that counts the tokens of each component and refuses nothing."""
    budget = {"name": "components", "by": "component", "tokens": 1_000_000, "window": "month"}
    url, child = started(rig, tmp_path_factory.mktemp("budgets"), {"budgets": [budget]}, "counting")
    caller = Caller(url)
    yield caller
    caller.close()
    child.stop()


def used(counting: Caller, component: str) -> int:
    rows = counting.send("GET", "/gateway/budgets").json["data"]
    return next((row["used"]["tokens"] for row in rows if row["subject"] == component), 0)


def output_of(answer: Answer) -> dict[str, Any]:
    return answer.events[-1].json if answer.is_stream else answer.json


def total(metrics: dict[str, int]) -> int:
    return metrics.get("input_tokens", 0) + metrics.get("output_tokens", 0)


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("message", ["hello world", "use tool add"])
def test_agent_counts_as_agentos_reports(counting: Caller, upstream: Upstream, stream: str, message: str) -> None:
    component = f"agents/assistant-{upstream.name}"
    before = used(counting, component)
    answer = counting.send("POST", f"/{component}/runs", data={"message": message, "stream": stream})
    reported = total(output_of(answer)["metrics"])
    assert reported > 0
    assert used(counting, component) - before == reported


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("kind", ["team", "wf"])
def test_team_and_workflow_count_their_requests(counting: Caller, upstream: Upstream, stream: str, kind: str) -> None:
    component = f"{'teams' if kind == 'team' else 'workflows'}/{kind}-{upstream.name}"
    before = used(counting, component)
    counting.send("POST", f"/{component}/runs", data={"message": "hello world", "stream": stream})
    assert used(counting, component) - before == RUN_TOKENS


def test_background_run_counts_once_without_a_reader(counting: Caller, upstream: Upstream) -> None:
    component = f"agents/assistant-{upstream.name}"
    before = used(counting, component)
    fields = {"message": "hello world", "stream": "false", "background": "true", "session_id": new_id()}
    answer = counting.send("POST", f"/{component}/runs", data=fields)
    deadline = time.monotonic() + 30
    while used(counting, component) == before and time.monotonic() < deadline:
        time.sleep(0.2)
    counting.send("GET", f"/{component}/runs/{answer.run_id}?session_id={fields['session_id']}")
    assert used(counting, component) - before == RUN_TOKENS


@pytest.mark.parametrize("stream", ["true", "false"])
def test_paused_run_counts_its_parts_once(counting: Caller, upstream: Upstream, stream: str) -> None:
    component = f"agents/hitl-{upstream.name}"
    before = used(counting, component)
    session = new_id()
    answer = counting.send(
        "POST", f"/{component}/runs", data={"message": "use tool", "stream": stream, "session_id": session}
    )
    paused = output_of(answer)
    at_pause = used(counting, component) - before
    tools = [{**each, "confirmed": True} for each in paused["tools"]]
    fields = {"tools": json.dumps(tools), "stream": stream, "session_id": session}
    counting.send("POST", f"/{component}/runs/{paused['run_id']}/continue", data=fields)
    assert (at_pause, used(counting, component) - before) == (RUN_TOKENS, 2 * RUN_TOKENS)


def test_openai_client_is_refused_over_its_budget(rig: Rig, upstream: Upstream, tmp_path: Path) -> None:
    extra = {
        "auth": {"mode": "jwt", "keys": [{"alg": "HS256", "secret": SECRET}]},
        "faces": {"openai": True},
        "budgets": [{"name": "user-month", "tokens": 10, "window": "month"}],
    }
    url, child = started(rig, tmp_path, extra, "limited")
    model = f"agent/assistant-{upstream.name}"
    messages = [{"role": "user", "content": "hello world"}]

    def client(subject: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{url}/v1", api_key=token(subject=subject, scopes=[]))

    try:
        answer = client("ann").chat.completions.create(model=model, messages=messages)
        assert answer.choices[0].message.content
        with pytest.raises(openai.RateLimitError) as refused:
            client("ann").chat.completions.create(model=model, messages=messages)
        assert refused.value.code == "insufficient_quota"
        assert refused.value.type == "insufficient_quota"
        assert int(refused.value.response.headers["retry-after"]) > 0
        stream = client("bob").chat.completions.create(model=model, messages=messages, stream=True)
        assert "".join(part.choices[0].delta.content or "" for part in stream if part.choices)
        with pytest.raises(openai.RateLimitError):
            client("bob").chat.completions.create(model=model, messages=messages, stream=True)
    finally:
        child.stop()
