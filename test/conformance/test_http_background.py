"""Tests runs that outlive their connection: background runs, polling, resuming and cancelling."""

from typing import Any

import pytest

from caller import Answer, Caller, new_id
from conform import Conformance
from normal import Event, Normaliser
from rig import Upstream

# Control events of the resume route; the number of missed events depends on timing.
RESUME_EVENTS = {"catch_up", "replay", "subscribed"}
HANG_UP_LIMIT_SECONDS = 5


def ended(answer: Answer) -> bool:
    """Returns whether a polled run has ended; right after its start it may not be found yet."""
    return answer.status == 200 and answer.json.get("status") in {"COMPLETED", "CANCELLED", "ERROR"}


def without_resume_events(events: list[Event]) -> list[Event]:
    return [event for event in events if event.name not in RESUME_EVENTS]


def indexes(events: list[Event]) -> list[int]:
    return [event.json["event_index"] for event in events]


def after(count: int) -> Any:
    """Disconnects after this many events."""
    return lambda events: len(events) >= count


def test_a_background_run_is_accepted_and_can_be_polled(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "in the background", "stream": "false", "background": "true", "session_id": session}
        accepted = caller.post(f"/agents/{upstream.agent}/runs", data=form)
        assert accepted.status == 202
        path = f"/agents/{upstream.agent}/runs/{accepted.run_id}"
        polled = caller.poll(path, ended, params={"session_id": session})
        assert polled.json["content"] == "You said: in the background"

    conform(upstream, scenario)


def test_a_background_run_read_to_its_end_streams_numbered_events(
    conform: Conformance, upstream: Upstream
) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello", "stream": "true", "background": "true", "session_id": new_id()}
        events = caller.post(f"/agents/{upstream.agent}/runs", data=form).events
        assert indexes(events) == list(range(len(events)))

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
def test_a_cut_background_stream_is_resumed_without_gap_or_repeat(
    conform: Conformance, upstream: Upstream, kind: str
) -> None:
    component = {"agents": upstream.agent, "teams": upstream.team, "workflows": upstream.workflow}[kind]
    whole: list[list[Any]] = []

    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "slow", "stream": "true", "background": "true", "session_id": session}
        first = caller.post(f"/{kind}/{component}/runs", data=form, until=after(8), recorded=False)
        seen = first.events
        run_id = seen[0].json["run_id"]
        form = {"last_event_index": str(seen[-1].json["event_index"]), "session_id": session}
        second = caller.post(f"/{kind}/{component}/runs/{run_id}/resume", data=form, recorded=False)
        events = seen + without_resume_events(second.events)
        assert indexes(events) == list(range(len(events)))
        normaliser = Normaliser()
        whole.append([normaliser.event(event) for event in events])

    conform(upstream, scenario)
    assert whole[0] == whole[1]


def test_a_finished_run_is_replayed_from_the_given_index(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "hello", "stream": "true", "background": "true", "session_id": session}
        run_id = caller.post(f"/agents/{upstream.agent}/runs", data=form).run_id
        form = {"last_event_index": "3", "session_id": session}
        resumed = caller.post(f"/agents/{upstream.agent}/runs/{run_id}/resume", data=form)
        assert indexes(without_resume_events(resumed.events))[0] == 4

    conform(upstream, scenario)


def test_resuming_an_unknown_run_gives_equal_answers(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"last_event_index": "3", "session_id": new_id()}
        caller.post(f"/agents/{upstream.agent}/runs/{new_id()}/resume", data=form)

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
def test_cancelling_an_unknown_run_gives_equal_answers(conform: Conformance, upstream: Upstream, kind: str) -> None:
    component = {"agents": upstream.agent, "teams": upstream.team, "workflows": upstream.workflow}[kind]

    def scenario(caller: Caller) -> None:
        caller.post(f"/{kind}/{component}/runs/{new_id()}/cancel")

    conform(upstream, scenario)


def test_a_cancelled_run_ends_with_status_cancelled(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "slow", "stream": "true", "background": "true", "session_id": session}
        started = caller.post(f"/agents/{upstream.agent}/runs", data=form, until=after(4), recorded=False)
        path = f"/agents/{upstream.agent}/runs/{started.run_id}"
        assert caller.post(f"{path}/cancel").status == 200
        polled = caller.poll(path, ended, params={"session_id": session}, recorded=False)
        assert polled.json["status"] == "CANCELLED"

    conform(upstream, scenario)


def test_a_client_that_disconnects_ends_the_run_at_the_agentos(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "slow", "stream": "true", "session_id": new_id()}
        caller.post(f"/agents/{upstream.agent}/runs", data=form, until=after(4))

    _, through = conform.play(upstream, scenario)
    exchange = through.answers[0].exchange
    assert exchange is not None
    assert exchange.gateway_hung_up.wait(HANG_UP_LIMIT_SECONDS), "the gateway went on reading for nobody"
    assert not exchange.complete
