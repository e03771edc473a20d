"""Tests that Agno's own gateway gives equal answers in front of ours and in front of an AgentOS.

    client ──► AgentOS of RemoteAgents ──► gateway ──► AgentOS        the path under test
    client ──► AgentOS of RemoteAgents ──────────────► AgentOS        the reference path
"""

from collections.abc import Callable, Iterator

import pytest

from caller import Caller, new_id
from child import Child, free_port
from conform import comparable
from normal import Event, Normaliser
from rig import HERE, RELEASES, Rig, Upstream, python_of

Scenario = Callable[[Caller], None]


@pytest.fixture(scope="module")
def fronts(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """Starts Agno's gateways; returns for each release the one in front of an AgentOS and the one in front of
    ours.
    """
    directory = tmp_path_factory.mktemp("agno-gateway")
    found: dict[str, tuple[str, str]] = {}
    children: list[Child] = []

    def started(release: str, name: str, url: str) -> str:
        port = free_port()
        command = [python_of(release), str(HERE / "agno_gateway_server.py"), "--url", url, "--name", name]
        log = directory / f"{len(children)}.log"
        children.append(Child(f"agno-gateway-{release}", [*command, "--port", str(port)], log, cwd=directory))
        return f"http://127.0.0.1:{port}"

    try:
        for release in RELEASES:
            upstream = rig.open_of(release)
            straight = started(release, upstream.name, upstream.url)
            found[release] = straight, started(release, upstream.name, rig.gateway_url)
        urls = [url for pair in found.values() for url in pair]
        for child, url in zip(children, urls, strict=True):
            child.wait_until_answering(f"{url}/health")
        yield found
    finally:
        for child in children:
            child.stop()


@pytest.fixture
def same(fronts: dict[str, tuple[str, str]], release: str) -> Callable[[Scenario], Caller]:
    """Plays a scenario on both, compares all answers and returns the caller that went through our gateway."""

    def play(scenario: Scenario) -> Caller:
        callers = [Caller(url) for url in fronts[release]]
        for caller in callers:
            try:
                scenario(caller)
            finally:
                caller.close()
        sides = []
        for caller in callers:
            normaliser = Normaliser()
            sides.append([comparable(answer, normaliser, through_gateway=False) for answer in caller.answers])
        assert sides[1] == sides[0]
        return callers[1]

    return play


def paths(upstream: Upstream) -> dict[str, str]:
    return {"agents": upstream.agent, "teams": upstream.team, "workflows": upstream.workflow}


def test_lists_and_cards_behind_agnos_gateway_are_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        for kind, component in paths(upstream).items():
            assert component in [card["id"] for card in caller.get(f"/{kind}").json]
            assert caller.get(f"/{kind}/{component}").json["id"] == component
        assert upstream.hitl in [card["id"] for card in caller.get("/config").json["agents"]]
        assert caller.get("/agents/nobody").status == 404

    same(scenario)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
def test_runs_behind_agnos_gateway_are_equal(same: Callable[[Scenario], Caller], upstream: Upstream, kind: str) -> None:
    def scenario(caller: Caller) -> None:
        path = f"/{kind}/{paths(upstream)[kind]}/runs"
        form = {"message": "hello", "session_id": new_id(), "user_id": new_id()}
        assert caller.post(path, data={**form, "stream": "false"}).json["content"] == "You said: hello"
        answer = caller.post(path, data={**form, "stream": "true"})
        assert answer.events[-1].name.endswith("Completed")
        assert caller.post(path, data={"stream": "false"}).status == 422

    same(scenario)


def test_a_run_with_a_tool_behind_agnos_gateway_is_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "use tool", "stream": "true"}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form).named("ToolCallCompleted")

    same(scenario)


def test_a_run_with_a_picture_behind_agnos_gateway_is_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        files = {"files": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}
        form = {"message": "what files", "stream": "false"}
        caller.post(f"/agents/{upstream.agent}/runs", data=form, files=files)

    same(scenario)


def test_cancelling_a_run_behind_agnos_gateway_is_equal(fronts: dict[str, tuple[str, str]], release: str, upstream: Upstream) -> None:
    path = f"/agents/{upstream.agent}/runs"

    def cancelled(url: str) -> list[object]:
        stopped: list[int] = []
        caller, other = Caller(url), Caller(url)

        def cancel(events: list[Event]) -> bool:
            if len(events) > 4 and not stopped:
                stopped.append(other.post(f"{path}/{events[0].json['run_id']}/cancel").status)
            return False

        answer = caller.send("POST", path, data={"message": "slow"}, until=cancel)
        unknown = caller.post(f"{path}/{new_id()}/cancel")
        caller.close()
        other.close()
        return [stopped, answer.events[-1].name, unknown.status, unknown.json]

    # Agno's gateway answers 200 while the AgentOS behind it continues the run, in both cases.
    straight, through = (cancelled(url) for url in fronts[release])
    assert through == straight
    assert through[0] == [200]


def test_a_paused_run_behind_agnos_gateway_is_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "use tool", "stream": "false", "session_id": new_id()}
        answer = caller.post(f"/agents/{upstream.hitl}/runs", data=form)
        assert answer.json["status"] == "PAUSED"

    same(scenario)


def test_sessions_behind_agnos_gateway_are_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session, user = new_id(), new_id()
        form = {"message": "hello", "stream": "false", "session_id": session, "user_id": user}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form).status == 200
        db = {"db_id": upstream.db, "type": "agent"}
        listed = caller.get("/sessions", params={**db, "user_id": user})
        assert [found["session_id"] for found in listed.json["data"]] == [session]
        assert caller.get(f"/sessions/{session}", params=db).status == 200
        assert caller.get(f"/sessions/{session}/runs", params=db).status == 200
        renamed = caller.post(f"/sessions/{session}/rename", params=db, json={"session_name": "n"})
        assert renamed.status == 200
        assert caller.send("DELETE", f"/sessions/{session}", params=db).status == 204

    same(scenario)


def test_memories_behind_agnos_gateway_are_equal(same: Callable[[Scenario], Caller], upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        user, db = new_id(), {"db_id": upstream.db}
        made = caller.post("/memories", params=db, json={"memory": "likes tea", "user_id": user})
        assert made.status == 200
        at = f"/memories/{made.json['memory_id']}"
        assert caller.get("/memories", params={**db, "user_id": user}).status == 200
        assert caller.get(at, params={**db, "user_id": user}).status == 200
        assert caller.send("DELETE", at, params={**db, "user_id": user}).status == 204

    same(scenario)
