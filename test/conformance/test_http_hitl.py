"""Tests runs with a human in the loop: a run pauses for confirmation and continues by the continue route."""

import json
from typing import Any

import pytest

from caller import Answer, Caller, new_id
from conform import Conformance
from rig import Upstream


def pause(caller: Caller, upstream: Upstream, session: str, *, stream: bool) -> tuple[str, list[dict[str, Any]]]:
    """Starts a run that needs a confirmation; returns its id and the tools to confirm."""
    form = {"message": "use tool", "stream": json.dumps(stream), "session_id": session}
    answer = caller.post(f"/agents/{upstream.hitl}/runs", data=form)
    if stream:
        paused = answer.named("RunPaused").json
        return paused["run_id"], paused["tools"]
    assert answer.json["status"] == "PAUSED"
    return answer.run_id, answer.json["tools"]


def resolve(caller: Caller, upstream: Upstream, session: str, *, confirmed: bool, stream: bool, **extra: str) -> Answer:
    run_id, tools = pause(caller, upstream, session, stream=stream)
    for tool in tools:
        tool["confirmed"] = confirmed
    form = {"tools": json.dumps(tools), "stream": json.dumps(stream), "session_id": session, **extra}
    return caller.post(f"/agents/{upstream.hitl}/runs/{run_id}/continue", data=form)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_paused_run_continues_after_the_decision(conform: Conformance, upstream: Upstream, confirmed: bool) -> None:
    def scenario(caller: Caller) -> None:
        answer = resolve(caller, upstream, new_id(), confirmed=confirmed, stream=False)
        assert answer.json["status"] == "COMPLETED"

    conform(upstream, scenario)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_paused_stream_continues_after_the_decision(conform: Conformance, upstream: Upstream, confirmed: bool) -> None:
    def scenario(caller: Caller) -> None:
        answer = resolve(caller, upstream, new_id(), confirmed=confirmed, stream=True)
        assert answer.named("RunCompleted")

    conform(upstream, scenario)


def test_a_paused_run_continues_in_the_background(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        accepted = resolve(caller, upstream, session, confirmed=True, stream=False, background="true")
        caller.poll(
            f"/agents/{upstream.hitl}/runs/{accepted.run_id}",
            lambda answer: answer.json["status"] == "COMPLETED",
            params={"session_id": session},
        )

    conform(upstream, scenario)


def test_tools_that_are_no_json_are_refused_equally(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        run_id, _ = pause(caller, upstream, session, stream=False)
        form = {"tools": "{nope", "stream": "false", "session_id": session}
        assert caller.post(f"/agents/{upstream.hitl}/runs/{run_id}/continue", data=form).status == 400

    conform(upstream, scenario)


def test_continuing_an_unknown_run_is_refused_equally(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"tools": "[]", "stream": "false", "session_id": new_id()}
        caller.post(f"/agents/{upstream.hitl}/runs/{new_id()}/continue", data=form)

    conform(upstream, scenario)


@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_finished_run_can_be_continued_or_forked(conform: Conformance, upstream: Upstream, stream: str) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "first", "stream": "false", "session_id": session}
        run_id = caller.post(f"/agents/{upstream.agent}/runs", data=form).run_id
        form = {"input": "second", "fork": "true", "stream": stream, "session_id": session}
        assert caller.post(f"/agents/{upstream.agent}/runs/{run_id}/continue", data=form).status == 200

    conform(upstream, scenario)
