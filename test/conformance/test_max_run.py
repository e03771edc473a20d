"""Tests that real AgentOS servers end a run that the gateway stops at a limit."""

from collections.abc import Iterator

import pytest

from caller import Caller
from rig import Rig, Upstream, gateway_child

KINDS = {"agents": "assistant", "teams": "team", "workflows": "wf"}


@pytest.fixture(scope="module")
def limited(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A gateway that stops a run above 10 tokens or 2 s."""
    upstreams = [{"name": u.name, "url": u.url} for u in rig.upstreams.values() if not u.jwt]
    config = {"id": "limited", "upstreams": upstreams, "max_run": {"tokens": 10, "duration": "2s"}}
    url, child = gateway_child(config, tmp_path_factory.mktemp("max-run"), "max-run")
    child.wait_until_answering(f"{url}/health")
    caller = Caller(url)
    yield caller
    caller.close()
    child.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_slow_run_is_cancelled_by_its_agentos(limited: Caller, upstream: Upstream, kind: str) -> None:
    component = f"{kind}/{KINDS[kind]}-{upstream.name}"
    answer = limited.send("POST", f"/{component}/runs", data={"message": "slow 400", "stream": "true"})
    names = [event.name for event in answer.events]
    assert not answer.cut
    # An AgentOS sends a further completed event after it.
    assert any(name.endswith("Cancelled") for name in names[-3:]), names[-3:]
    assert len(names) < 400


def test_run_stops_in_the_request_after_the_one_above_its_tokens(limited: Caller, upstream: Upstream) -> None:
    path = f"/agents/assistant-{upstream.name}/runs"
    answer = limited.send("POST", path, data={"message": "use tool add slow 200", "stream": "true"})
    names = [event.name for event in answer.events]
    assert "RunCancelled" in names[-3:], names[-3:]
    assert names.count("ModelRequestCompleted") == 1
