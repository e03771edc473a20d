"""Requests for every operation of AgentOS: each first creates its data and then calls the operation,
correctly and incorrectly.

One list for both releases, in the order of the play.
"""

from coverage_step import NEW, UNKNOWN, Step, confirmed, delete, get, has, listed, patch, post


def runs_of(kind: str, parameter: str) -> list[Step]:
    """Runs of a component and operations on them."""
    one = f"/{kind}/{{{parameter}}}"
    run = f"{one}/runs/{{run_id}}"
    nobody = {parameter: "nobody"}
    session = f"z-{kind}-{{os}}"
    here = {"session_id": session}
    form = {"message": "use tool", "stream": "false", "session_id": session, "user_id": "u1"}
    return [
        get(f"/{kind}"),
        get(one),
        get(one, at=nobody),
        post(f"{one}/runs", form=form, keep={"run_id": "run_id", f"{kind}_run": "run_id"}),
        post(f"{one}/runs", form={**form, "stream": "true", "message": "hello"}),
        post(f"{one}/runs", form={}),
        post(f"{one}/runs", form=form, at=nobody),
        get(f"{one}/runs", params=here),
        get(f"{one}/runs"),
        get(run, params=here),
        get(run, params=here, at={"run_id": UNKNOWN}),
        post(f"{run}/cancel", params=here, at={"run_id": UNKNOWN}),
        post(f"{run}/cancel", at={**nobody, "run_id": UNKNOWN}),
        post(f"{run}/resume", form={"session_id": session}),
        post(f"{run}/resume", form={"session_id": session}, at={"run_id": UNKNOWN}),
        post(f"{run}/continue", form={"session_id": session, "stream": "false"}, at={"run_id": UNKNOWN}),
    ]


def checkpoints_of(kind: str, parameter: str) -> list[Step]:
    at = f"/{kind}/{{{parameter}}}/runs/{{run_id}}/checkpoints"
    here = {"session_id": f"z-{kind}-{{os}}"}
    run = {"run_id": f"{{{kind}_run}}"}
    return [
        get(at, params=here, at=run),
        get(at, params=here, at={"run_id": UNKNOWN}),
        get(f"{at}/{{message_index}}", params=here, at={**run, "message_index": "1"}),
        get(f"{at}/{{message_index}}", params=here, at={**run, "message_index": "99"}),
        post(f"/{kind}/{{{parameter}}}/sessions/{{session_id}}/fork", at=here),
        post(f"/{kind}/{{{parameter}}}/sessions/{{session_id}}/fork", at={"session_id": UNKNOWN}),
    ]


def paused(kind: str, parameter: str, component: str, items: str, name: str, message: str) -> list[Step]:
    """A run that pauses and continues."""
    one = f"/{kind}/{{{parameter}}}"
    form = {"message": message, "stream": "false", "session_id": f"paused-{kind}-{{os}}"}
    return [
        post(
            f"{one}/runs",
            form=form,
            at={parameter: component},
            keep={"run_id": "run_id", "paused": items, "session": "session_id"},
        ),
        post(f"{one}/runs/{{run_id}}/continue", at={parameter: component}, form=confirmed(name, "paused")),
    ]


RUNS = [
    *runs_of("agents", "agent_id"),
    *runs_of("teams", "team_id"),
    *runs_of("workflows", "workflow_id"),
    *checkpoints_of("agents", "agent_id"),
    *checkpoints_of("teams", "team_id"),
    *paused("agents", "agent_id", "{hitl}", "tools", "tools", "use tool"),
    *paused("teams", "team_id", "{asking}", "requirements", "requirements", "use tool delete_file"),
    *paused("workflows", "workflow_id", "{gate}", "step_requirements", "step_requirements", "hello"),
    post("/agents/{agent_id}/sessions/{session_id}/compact", at={"session_id": "z-agents-{os}"}, releases=NEW),
    post("/agents/{agent_id}/sessions/{session_id}/compact", at={"session_id": UNKNOWN}, releases=NEW),
]

OS = [
    get("/", releases=("2.9.0",)),
    get("/health"),
    get("/info"),
    get("/config", keep={"knowledge_id": "knowledge.knowledge_instances.0.id"}),
    get("/models", releases=("2.9.0",)),
]

PICTURE = [("files", ("dot.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64, "image/png"))]
SESSIONS = [
    post(
        "/sessions",
        params={"type": "agent"},
        json={"session_id": "z-made-{os}", "session_name": "n", "agent_id": "{agent_id}", "user_id": "u1"},
    ),
    post("/sessions", params={"type": "nothing"}, json={"session_id": "bad"}),
    get("/sessions", params={"type": "agent", "user_id": "u1", "sort_by": "session_id", "sort_order": "asc"}),
    get("/sessions", params={"type": "agent", "limit": "0"}),
    get("/sessions/{session_id}", params={"type": "agent"}, at={"session_id": "z-made-{os}"}),
    get("/sessions/{session_id}", at={"session_id": "z-agents-{os}"}),
    get("/sessions/{session_id}", params={"type": "agent"}, at={"session_id": UNKNOWN}),
    patch("/sessions/{session_id}", params={"type": "agent"}, at={"session_id": "z-made-{os}"}, json={"metadata": {"m": 1}}),
    patch("/sessions/{session_id}", params={"type": "agent"}, at={"session_id": UNKNOWN}, json={"metadata": {}}),
    post("/sessions/{session_id}/rename", params={"type": "agent"}, at={"session_id": "z-made-{os}"}, json={"session_name": "x"}),
    post("/sessions/{session_id}/rename", params={"type": "agent"}, at={"session_id": "z-made-{os}"}, json={}),
    get("/sessions/{session_id}/runs", params={"type": "team"}, at={"session_id": "z-teams-{os}"}),
    get("/sessions/{session_id}/runs", params={"type": "team"}, at={"session_id": UNKNOWN}),
    get("/sessions/{session_id}/run-previews", at={"session_id": "z-agents-{os}"}, releases=NEW),
    get("/sessions/{session_id}/run-previews", at={"session_id": UNKNOWN}, releases=NEW),
    get(
        "/sessions/{session_id}/runs/{run_id}",
        params={"type": "agent"},
        at={"session_id": "z-agents-{os}", "run_id": "{agents_run}"},
    ),
    get("/sessions/{session_id}/runs/{run_id}", params={"type": "agent"}, at={"session_id": "z-made-{os}", "run_id": UNKNOWN}),
    post(
        "/agents/{agent_id}/runs",
        form={"message": "look", "stream": "false", "session_id": "pictures-{os}"},
        files=PICTURE,
        releases=NEW,
    ),
    get("/sessions/{session_id}", at={"session_id": "pictures-{os}"}, keep={"storage_key": "**.storage_key"}, releases=NEW),
    get("/sessions/{session_id}/media/{storage_key}", at={"session_id": "pictures-{os}"}, releases=NEW),
    get("/sessions/{session_id}/media/{storage_key}", at={"session_id": "pictures-{os}", "storage_key": "no.png"}, releases=NEW),
]

MEMORIES = [
    post("/memories", json={"memory": "likes tea", "user_id": "u1", "topics": ["drinks"]}, keep={"memory_id": "memory_id"}),
    post("/memories", json={"memory": "likes cake", "user_id": "u1", "topics": ["food"]}, keep={"other": "memory_id"}),
    post("/memories", json={"memory": ""}),
    get("/memories", params={"user_id": "u1", "topics": "drinks"}),
    get("/memories", params={"page": "0", "user_id": "u1", "topics": "food"}),
    get("/memories/{memory_id}", params={"user_id": "u1"}),
    get("/memories/{memory_id}", at={"memory_id": "unknown-{os}"}),
    patch("/memories/{memory_id}", json={"memory": "likes coffee", "user_id": "u1", "topics": ["drinks"]}),
    patch("/memories/{memory_id}", at={"memory_id": "unknown-{os}"}, json={"memory": "x", "user_id": "u1"}),
    get("/memory_topics"),
    get("/user_memory_stats", params={"user_id": "u1"}),
    post("/optimize-memories", json={"user_id": "u1", "apply": False, "model": "openai-chat:gpt-4o-mini"}),
    post("/optimize-memories", json={"user_id": "u1", "model": "nothing"}),
    post("/optimize-memories", json={"user_id": "nobody"}),
    delete("/memories/{memory_id}", params={"user_id": "u1"}),
    delete("/memories", json={"memory_ids": ["{other}"], "user_id": "u1"}),
    delete("/memories", json={}),
]

LEARNINGS = [
    post(
        "/learnings",
        json={"learning_type": "decision_log", "content": {"d": 1}, "user_id": "u1"},
        keep={"learning_id": "learning_id"},
    ),
    post("/learnings", json={"learning_type": "user_profile", "content": {"name": "U"}, "user_id": "u1"}),
    post("/learnings", json={"content": {}}),
    get("/learnings", params={"user_id": "u1", "sort_by": "learning_type", "sort_order": "asc"}),
    get("/learnings", params={"limit": "0"}),
    get("/learnings/users"),
    get("/learnings/{learning_id}"),
    get("/learnings/{learning_id}", at={"learning_id": UNKNOWN}),
    patch("/learnings/{learning_id}", json={"content": {"d": 2}}),
    patch("/learnings/{learning_id}", at={"learning_id": UNKNOWN}, json={"content": {"d": 2}}),
    delete("/learnings/{learning_id}"),
    delete("/learnings/{learning_id}", at={"learning_id": UNKNOWN}),
    delete("/learnings/users/{user_id}", at={"user_id": "u1"}),
]

NOTE = [("file", ("note.txt", b"the word is tea", "text/plain"))]
CONTENT = "/knowledge/content/{content_id}"
SOURCES = "/knowledge/{knowledge_id}/sources"
KNOWLEDGE = [
    get("/knowledge/config"),
    get("/knowledge/config", params={"knowledge_id": UNKNOWN}),
    post("/knowledge/content", form={"name": "note", "metadata": '{"kind": "note"}'}, files=NOTE, keep={"content_id": "id"}),
    post("/knowledge/content", form={"name": "words", "text_content": "about coffee"}, keep={"text_id": "id"}),
    post("/knowledge/content", params={"knowledge_id": UNKNOWN}, form={"name": "x", "text_content": "y"}),
    get(f"{CONTENT}/status", until=has("status", "completed", "failed")),
    get(f"{CONTENT}/status", at={"content_id": "{text_id}"}, until=has("status", "completed", "failed")),
    get(f"{CONTENT}/status", at={"content_id": UNKNOWN}),
    get("/knowledge/content", params={"sort_by": "name", "sort_order": "asc"}),
    get("/knowledge/content", params={"page": "x"}),
    get(CONTENT),
    get(CONTENT, at={"content_id": UNKNOWN}),
    patch(CONTENT, form={"description": "changed"}),
    patch(CONTENT, at={"content_id": UNKNOWN}, form={"description": "changed"}),
    post(f"{CONTENT}/refresh", releases=NEW),
    post(f"{CONTENT}/refresh", at={"content_id": UNKNOWN}, releases=NEW),
    post("/knowledge/search", json={"query": "tea"}),
    post("/knowledge/search", json={}),
    get(SOURCES),
    get(SOURCES, at={"knowledge_id": UNKNOWN}),
    get(f"{SOURCES}/{{source_id}}/files", at={"source_id": "shelf"}),
    get(f"{SOURCES}/{{source_id}}/files", at={"source_id": "nothing"}),
    post("/knowledge/remote-content", form={"config_id": "shelf", "path": "a.txt", "name": "remote"}),
    post("/knowledge/remote-content", form={"config_id": "nothing", "path": "a.txt"}),
    delete(CONTENT),
    delete(CONTENT, at={"content_id": UNKNOWN}),
    delete("/knowledge/content"),
    delete("/knowledge/content", params={"knowledge_id": UNKNOWN}),
]

TRACES = [
    get(
        "/traces",
        params={"run_id": "{agents_run}"},
        until=listed("data"),
        keep={"trace_id": "data.0.trace_id"},
    ),
    get("/traces", params={"limit": "0"}),
    get("/traces/{trace_id}"),
    get("/traces/{trace_id}", at={"trace_id": UNKNOWN}),
    get("/traces/filter-schema"),
    post(
        "/traces/search",
        json={"filter": {"op": "EQ", "key": "session_id", "value": "z-agents-{os}"}, "group_by": "run"},
    ),
    post("/traces/search", json={"filter": {"op": "NOTHING"}}),
    get("/trace_session_stats", params={"user_id": "u1"}),
    get("/trace_session_stats", params={"page": "0"}),
]

RELIABILITY = {"eval_type": "reliability", "input": "use tool", "agent_id": "{agent_id}", "expected_tool_calls": ["add"]}
EVALS = [
    post("/eval-runs", json={**RELIABILITY, "name": "first"}, keep={"eval_run_id": "id"}),
    post("/eval-runs", json={**RELIABILITY, "agent_id": "nobody"}),
    post("/eval-runs", json={"eval_type": "nothing"}),
    get("/eval-runs", params={"agent_id": "{agent_id}"}),
    get("/eval-runs", params={"eval_types": "nothing"}),
    get("/eval-runs/{eval_run_id}"),
    get("/eval-runs/{eval_run_id}", at={"eval_run_id": UNKNOWN}),
    patch("/eval-runs/{eval_run_id}", json={"name": "renamed"}),
    patch("/eval-runs/{eval_run_id}", at={"eval_run_id": UNKNOWN}, json={"name": "renamed"}),
    delete("/eval-runs", json={"eval_run_ids": ["{eval_run_id}"]}),
    delete("/eval-runs", json={"eval_run_ids": []}),
]

METRICS = [
    post("/metrics/refresh"),
    post("/metrics/refresh", params={"background": "true"}),
    get("/metrics/refresh/status", until=lambda answer: answer.is_json and answer.json.get("status") != "running"),
    get("/metrics"),
    get("/metrics", params={"starting_date": "x"}),
    post("/databases/{db_id}/migrate"),
    post("/databases/{db_id}/migrate", at={"db_id": "nothing"}),
    post("/databases/all/migrate"),
]

APPROVALS = [
    post(
        "/agents/{agent_id}/runs",
        at={"agent_id": "{payer}"},
        form={"message": "use tool", "stream": "false", "session_id": "paying-{os}", "user_id": "u1"},
        keep={"paying_run": "run_id"},
    ),
    get("/approvals", params={"run_id": "{paying_run}"}, keep={"approval_id": "data.0.id"}),
    get("/approvals", params={"page": "0"}),
    get("/approvals/count"),
    get("/approvals/{approval_id}"),
    get("/approvals/{approval_id}", at={"approval_id": UNKNOWN}),
    get("/approvals/{approval_id}/status"),
    get("/approvals/{approval_id}/status", at={"approval_id": UNKNOWN}),
    post("/approvals/{approval_id}/resolve", json={"status": "approved", "resolved_by": "boss"}),
    post("/approvals/{approval_id}/resolve", json={"status": "approved"}),
    post("/approvals/{approval_id}/resolve", json={"status": "approved"}, at={"approval_id": UNKNOWN}),
    delete("/approvals/{approval_id}"),
    delete("/approvals/{approval_id}", at={"approval_id": UNKNOWN}),
]

NIGHTLY = {"name": "nightly", "cron_expr": "0 3 * * *", "method": "GET", "endpoint": "/health"}
SCHEDULES = [
    post("/schedules", json=NIGHTLY, keep={"schedule_id": "id"}),
    post("/schedules", json={**NIGHTLY, "name": "bad", "cron_expr": "never"}),
    get("/schedules"),
    get("/schedules", params={"limit": "0"}),
    get("/schedules/{schedule_id}"),
    get("/schedules/{schedule_id}", at={"schedule_id": UNKNOWN}),
    patch("/schedules/{schedule_id}", json={"description": "every night"}),
    patch("/schedules/{schedule_id}", json={"description": "x"}, at={"schedule_id": UNKNOWN}),
    post("/schedules/{schedule_id}/enable"),
    post("/schedules/{schedule_id}/enable", at={"schedule_id": UNKNOWN}),
    post("/schedules/{schedule_id}/trigger", keep={"schedule_run": "id"}),
    post("/schedules/{schedule_id}/trigger", at={"schedule_id": UNKNOWN}),
    get("/schedules/{schedule_id}/runs"),
    get("/schedules/{schedule_id}/runs", at={"schedule_id": UNKNOWN}),
    get("/schedules/{schedule_id}/runs/{run_id}", at={"run_id": "{schedule_run}"}),
    get("/schedules/{schedule_id}/runs/{run_id}", at={"run_id": UNKNOWN}),
    post("/schedules/{schedule_id}/disable"),
    post("/schedules/{schedule_id}/disable", at={"schedule_id": UNKNOWN}),
    delete("/schedules/{schedule_id}"),
    delete("/schedules/{schedule_id}", at={"schedule_id": UNKNOWN}),
]

STORED = {"name": "Stored", "component_id": "stored", "component_type": "agent", "config": {"name": "Stored"}}
STORED_AT = {"component_id": "stored"}
FEATURES = [
    post("/components", json=STORED),
    post("/components", json={"name": "x", "component_type": "nothing"}),
    get("/components"),
    get("/components", params={"page": "0"}),
    Step("PUT", "/components", json={}),
    patch("/components", json={}),
    delete("/components"),
    get("/components/{component_id}", at=STORED_AT),
    get("/components/{component_id}", at={"component_id": "nothing"}),
    patch("/components/{component_id}", at=STORED_AT, json={"description": "changed"}),
    get("/components/{component_id}/configs", at=STORED_AT),
    post("/components/{component_id}/configs", at=STORED_AT, json={"config": {"name": "Later"}, "stage": "draft"}),
    get("/components/{component_id}/configs/current", at=STORED_AT),
    delete("/components/{component_id}", at=STORED_AT),
    delete("/components/{component_id}", at={"component_id": "nothing"}),
    get("/registry", params={"limit": "50"}),
    get("/registry", params={"limit": "0"}),
    post("/service-accounts", json={"name": "robot"}, keep={"service_account_id": "id"}),
    post("/service-accounts", json={"name": "robot", "expires_in_days": 0}),
    get("/service-accounts"),
    get("/service-accounts", params={"limit": "0"}),
    delete("/service-accounts/{service_account_id}"),
    delete("/service-accounts/{service_account_id}", at={"service_account_id": UNKNOWN}),
    get("/filesystem/files", releases=NEW),
    get("/filesystem/files", params={"agent_id": "nobody"}, releases=NEW),
    get("/filesystem/entries", params={"namespace": "notes", "agent_id": "{agent_id}"}, releases=NEW),
    get("/filesystem/entries", params={"agent_id": "nobody"}, releases=NEW),
    get("/filesystem/content", params={"agent_id": "{agent_id}", "namespace": "notes", "path": "a.txt"}, releases=NEW),
    get("/filesystem/content", params={"agent_id": "{agent_id}", "namespace": "notes", "path": "no.txt"}, releases=NEW),
    get("/filesystem/search", params={"agent_id": "{agent_id}", "namespace": "notes", "query": "note"}, releases=NEW),
    get("/filesystem/search", params={"agent_id": "{agent_id}"}, releases=NEW),
    post(
        "/agents/{agent_id}/runs",
        form={"message": "hello", "stream": "false", "background": "true", "session_id": "queued-{os}"},
        keep={"job_id": "run_id"},
        releases=NEW,
    ),
    get("/queue/jobs/{job_id}", until=has("status", "completed", "failed"), releases=NEW),
    get("/queue/jobs/{job_id}", at={"job_id": UNKNOWN}, releases=NEW),
    get("/queue/jobs", releases=NEW),
    post("/queue/jobs/{job_id}/requeue", releases=NEW),
    get("/queue/stats", releases=NEW),
    *[Step(method, "/queue", releases=NEW) for method in ("GET", "PUT", "POST", "DELETE", "PATCH")],
]

# Last, because the steps above need this data.
REMOVALS = [
    delete("/sessions/{session_id}", at={"session_id": "z-made-{os}"}),
    delete("/sessions", json={"session_ids": ["paused-agents-{os}"], "session_types": ["agent"]}),
    delete("/sessions", json={"session_ids": [], "session_types": []}),
]

# For an AgentOS without these features, which refuses every method in the same words.
STUBS = [
    *[Step(method, "/components", plain=True) for method in ("GET", "PUT", "POST", "DELETE", "PATCH")],
    *[Step(method, "/queue", plain=True, releases=NEW) for method in ("GET", "PUT", "POST", "DELETE", "PATCH")],
    get("/registry", plain=True),
    get("/sessions/{session_id}/media/{storage_key}", plain=True, at={"session_id": "x", "storage_key": "y"}, releases=NEW),
]

# By an authenticated caller. Revoked at the end of each play, because the name must be unique.
ACCOUNTS = [
    post(
        "/service-accounts",
        plain=True,
        json={"name": "robot", "scopes": [{"scope": "agents:run"}]},
        keep={"service_account_id": "**.id"},
    ),
    post("/service-accounts", plain=True, json={"name": "robot", "scopes": [{"scope": "agents:run"}]}),
    delete("/service-accounts/{service_account_id}", plain=True),
]

STEPS = [
    *OS, *RUNS, *SESSIONS, *MEMORIES, *LEARNINGS, *KNOWLEDGE, *TRACES, *EVALS,
    *METRICS, *APPROVALS, *SCHEDULES, *FEATURES, *REMOVALS, *STUBS, *ACCOUNTS,
]  # fmt: skip


def steps_of(release: str, *, plain: bool = False) -> list[Step]:
    return [step for step in STEPS if release in step.releases and step.plain == plain]
