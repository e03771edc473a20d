"""Tests stored data: runs, checkpoints, forks, sessions, memories, knowledge and metrics."""

import pytest

from caller import Answer, Caller, new_id
from conform import Conformance
from rig import Upstream


def run(caller: Caller, upstream: Upstream, session: str, message: str = "hello") -> Answer:
    form = {"message": message, "stream": "false", "session_id": session, "user_id": "u1"}
    return caller.post(f"/agents/{upstream.agent}/runs", data=form)


def test_runs_of_a_session_can_be_listed_and_read(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        run_id = run(caller, upstream, session).run_id
        run(caller, upstream, session, "use tool")
        params = {"session_id": session}
        assert len(caller.get(f"/agents/{upstream.agent}/runs", params=params).json) == 2
        assert caller.get(f"/agents/{upstream.agent}/runs/{run_id}", params=params).status == 200
        assert caller.get(f"/agents/{upstream.agent}/runs/{new_id()}", params=params).status == 404
        assert caller.get(f"/agents/{upstream.agent}/runs").status == 422

    conform(upstream, scenario)


def test_checkpoints_of_a_run_can_be_listed_and_read(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        path = f"/agents/{upstream.agent}/runs/{run(caller, upstream, session, 'use tool').run_id}/checkpoints"
        assert caller.get(path, params={"session_id": session}).status == 200
        caller.get(f"{path}/1", params={"session_id": session})
        caller.get(f"{path}/99", params={"session_id": session})

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", ["agents", "teams"])
def test_a_session_can_be_forked_below_its_component(conform: Conformance, upstream: Upstream, kind: str) -> None:
    component = {"agents": upstream.agent, "teams": upstream.team}[kind]

    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "hello", "stream": "false", "session_id": session}
        caller.post(f"/{kind}/{component}/runs", data=form)
        forked = caller.post(f"/{kind}/{component}/sessions/{session}/fork")
        assert forked.status == 200
        params = {"type": kind.rstrip("s"), "db_id": upstream.db}
        assert caller.get(f"/sessions/{forked.json['session_id']}", params=params).status == 200
        caller.post(f"/{kind}/{component}/sessions/{new_id()}/fork")

    conform(upstream, scenario)


def test_compacting_a_session_gives_equal_answers_in_both_releases(
    conform: Conformance, upstream: Upstream
) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        run(caller, upstream, session)
        caller.post(f"/agents/{upstream.agent}/sessions/{session}/compact")

    conform(upstream, scenario)


def test_sessions_can_be_listed_by_component_and_by_database(conform: Conformance, upstream: Upstream) -> None:
    user = new_id()

    def scenario(caller: Caller) -> None:
        run(caller, upstream, new_id())
        params = {"type": "agent", "component_id": upstream.agent, "limit": "3", "page": "1"}
        assert caller.get("/sessions", params={**params, "user_id": user}).json["data"] == []
        params = {"type": "agent", "db_id": upstream.db, "user_id": user}
        assert caller.get("/sessions", params=params).json["meta"]["total_count"] == 0

    conform(upstream, scenario)


def test_a_page_of_sessions_is_equal_through_the_gateway(conform: Conformance, upstream: Upstream) -> None:
    def prepare(caller: Caller) -> None:
        for _ in range(3):
            form = {"message": "hello", "stream": "false", "session_id": new_id(), "user_id": "pages"}
            caller.post(f"/agents/{upstream.hitl}/runs", data=form)

    conform.play(upstream, prepare)

    def scenario(caller: Caller) -> None:
        # Pages are only comparable with a unique sort key: created_at counts whole seconds.
        params = {"type": "agent", "component_id": upstream.hitl, "user_id": "pages", "limit": "4"}
        for page in ("1", "2"):
            caller.get("/sessions", params={**params, "page": page, "sort_by": "session_id", "sort_order": "asc"})

    conform(upstream, scenario)


def test_a_session_can_be_created_renamed_changed_read_and_deleted(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        body = {"session_id": new_id(), "session_name": "n", "agent_id": upstream.agent, "user_id": "u1"}
        params = {"type": "agent", "db_id": upstream.db}
        created = caller.post("/sessions", params=params, json=body)
        assert created.status == 201
        path = f"/sessions/{created.json['session_id']}"
        caller.post(f"{path}/rename", params=params, json={"session_name": "renamed"})
        caller.send("PATCH", path, params=params, json={"session_state": {"k": "v"}, "metadata": {"m": 1}})
        assert caller.get(path, params=params).json["session_name"] == "renamed"
        assert caller.send("DELETE", path, params={"db_id": upstream.db}).status == 204
        assert caller.get(path, params=params).status == 404

    conform(upstream, scenario)


def test_a_session_seen_before_needs_no_db_id(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        run_id = run(caller, upstream, session).run_id
        params = {"type": "agent"}
        assert caller.get(f"/sessions/{session}", params=params).json["agent_id"] == upstream.agent
        assert len(caller.get(f"/sessions/{session}/runs", params=params).json) == 1
        assert caller.get(f"/sessions/{session}/runs/{run_id}", params=params).status == 200
        caller.get(f"/sessions/{session}/run-previews", params=params)
        assert caller.post(f"/sessions/{session}/rename", params=params, json={"session_name": "x"}).status == 200
        assert caller.send("DELETE", f"/sessions/{session}").status == 204

    conform(upstream, scenario)


def test_memories_can_be_managed_with_equal_answers(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        user = new_id()
        db = {"db_id": upstream.db}
        body = {"memory": "likes tea", "user_id": user, "topics": ["drinks"]}
        memory = caller.post("/memories", params=db, json=body).json["memory_id"]
        assert len(caller.get("/memories", params={**db, "user_id": user}).json["data"]) == 1
        caller.get(f"/memories/{memory}", params={**db, "user_id": user})
        change = {"memory": "likes coffee", "user_id": user, "topics": ["drinks"]}
        caller.send("PATCH", f"/memories/{memory}", params=db, json=change)
        caller.get("/memory_topics", params=db)
        caller.get("/user_memory_stats", params={**db, "user_id": user})
        assert caller.send("DELETE", f"/memories/{memory}", params={**db, "user_id": user}).status == 204

    conform(upstream, scenario)


def test_knowledge_can_be_uploaded_searched_and_deleted_with_equal_answers(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        word = new_id()
        db = {"db_id": upstream.db}
        caller.get("/knowledge/config", params=db)
        form = {"name": word, "description": "a note", "metadata": '{"kind": "note"}'}
        files = [("file", ("note.txt", f"the word is {word}".encode(), "text/plain"))]
        added = caller.post("/knowledge/content", params=db, data=form, files=files)
        assert added.status == 202
        path = f"/knowledge/content/{added.json['id']}"
        caller.poll(f"{path}/status", lambda answer: answer.json.get("status") == "completed", params=db)
        caller.get(path, params=db)
        found = caller.post("/knowledge/search", params=db, json={"query": word, "db_id": upstream.db})
        assert len(found.json["data"]) == 1
        caller.send("PATCH", path, params=db, data={"description": "changed"})
        caller.send("DELETE", path, params=db)
        caller.get(path, params=db)

    conform(upstream, scenario)


@pytest.mark.parametrize(
    "path",
    [
        "/traces",
        "/trace_session_stats",
        "/traces/filter-schema",
        "/eval-runs",
        "/learnings",
        "/metrics",
        "/metrics/refresh/status",
    ],
)
def test_data_of_one_database_is_relayed(conform: Conformance, upstream: Upstream, path: str) -> None:
    headers = {"x-agentos-upstream": upstream.name}

    def scenario(caller: Caller) -> None:
        caller.get(path, params={"db_id": upstream.db}, headers=headers)

    conform(upstream, scenario)


@pytest.mark.parametrize(
    "path",
    [
        "/approvals",
        "/approvals/count",
        "/schedules",
        "/components",
        "/registry",
        "/service-accounts",
        "/queue",
        "/models",
        "/no/such/route",
    ],
)
def test_the_header_selects_the_upstream_of_any_request(conform: Conformance, upstream: Upstream, path: str) -> None:
    def scenario(caller: Caller) -> None:
        caller.get(path, headers={"x-agentos-upstream": upstream.name})

    conform(upstream, scenario)


def test_an_unknown_database_is_refused_in_the_words_of_agentos(gateway: Caller) -> None:
    # The words of 3.x; 2.x starts them with "404: ".
    answer = gateway.get("/sessions", params={"type": "agent", "db_id": "nope"})
    assert answer.status == 404
    assert answer.json == {"detail": "No database found with id 'nope'"}
