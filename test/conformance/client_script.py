"""Uses one AgentOS URL with Agno's own Python client and writes the results as JSON.

Runs in the environment of the client's Agno release, so it is a separate program: test_agno_client.py starts
it once for an AgentOS and once for the gateway, and compares. Scenarios are independent; one that fails is
reported and the others continue.
"""

import argparse
import asyncio
import json
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from agno.agent.remote import RemoteAgent
from agno.client import AgentOSClient
from agno.db.base import SessionType
from agno.db.schemas.evals import EvalType
from agno.run.agent import RunOutput
from agno.team.remote import RemoteTeam
from agno.workflow.remote import RemoteWorkflow

POLL_LIMIT_SECONDS = 20


class Target:
    """The URL to call and the ids to use."""

    def __init__(self, url: str, name: str, token: str | None) -> None:
        self.url = url
        self.client = AgentOSClient(base_url=url)
        self.token = token
        self.headers = {"authorization": f"Bearer {token}"} if token else None
        self.agent, self.hitl, self.team = f"assistant-{name}", f"hitl-{name}", f"team-{name}"
        self.workflow, self.db = f"wf-{name}", f"db-{name}"


Scenario = Callable[[Target], Awaitable[Any]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


def plain(value: Any) -> Any:
    """Converts anything the client returns to JSON."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return [plain(item) for item in value] if isinstance(value, list) else value


async def events(stream: AsyncIterator[Any]) -> list[Any]:
    return [{"class": type(event).__name__, **plain(event)} async for event in stream]


@scenario
async def config(t: Target) -> Any:
    """Keeps only entries of this AgentOS, because the gateway's lists contain other ones too."""
    for found in (await t.client.aget_config(headers=t.headers), t.client.get_config(headers=t.headers)):
        assert t.db in found.databases
    wanted = {t.agent, t.hitl, t.team, t.workflow}
    components = [*found.agents, *found.teams, *found.workflows]
    return [plain(component) for component in components if component.id in wanted]


@scenario
async def lists(t: Target) -> Any:
    found = [
        *await t.client.list_agents(headers=t.headers),
        *await t.client.list_teams(headers=t.headers),
        *await t.client.list_workflows(headers=t.headers),
    ]
    return [plain(each) for each in found if each.id in {t.agent, t.hitl, t.team, t.workflow}]


@scenario
async def cards(t: Target) -> Any:
    return [
        plain(await t.client.aget_agent(t.agent, headers=t.headers)),
        plain(t.client.get_agent(t.hitl, headers=t.headers)),
        plain(await t.client.aget_team(t.team, headers=t.headers)),
        plain(await t.client.aget_workflow(t.workflow, headers=t.headers)),
    ]


@scenario
async def unknown_agent(t: Target) -> Any:
    try:
        return plain(await t.client.run_agent("nope", "hello", headers=t.headers))
    except Exception as error:
        return [type(error).__name__, getattr(getattr(error, "response", None), "text", None)]


@scenario
async def runs(t: Target) -> Any:
    session = str(uuid.uuid4())
    return [
        plain(await t.client.run_agent(t.agent, "use tool", session_id=session, user_id="u1", headers=t.headers)),
        plain(await t.client.run_agent(t.agent, "hi", session_state={"k": [1]}, metadata={"m": 1}, headers=t.headers)),
        plain(await t.client.run_team(t.team, "hello", session_id=str(uuid.uuid4()), headers=t.headers)),
        plain(await t.client.run_workflow(t.workflow, "hello", session_id=str(uuid.uuid4()), headers=t.headers)),
    ]


@scenario
async def streams(t: Target) -> Any:
    return [
        await events(t.client.run_agent_stream(t.agent, "use tool", headers=t.headers)),
        await events(t.client.run_team_stream(t.team, "use tool", headers=t.headers)),
        await events(t.client.run_workflow_stream(t.workflow, "hello", headers=t.headers)),
    ]


async def paused(t: Target, session: str) -> RunOutput:
    run = await t.client.run_agent(t.hitl, "use tool", session_id=session, headers=t.headers)
    for tool in run.tools or []:
        tool.confirmed = True
    return run


@scenario
async def continued(t: Target) -> Any:
    session = str(uuid.uuid4())
    run = await paused(t, session)
    options = {"session_id": session, "headers": t.headers}
    return [plain(run), plain(await t.client.continue_agent_run(t.hitl, run.run_id, run.tools, **options))]


@scenario
async def continued_stream(t: Target) -> Any:
    session = str(uuid.uuid4())
    run = await paused(t, session)
    options = {"session_id": session, "headers": t.headers}
    return await events(t.client.continue_agent_run_stream(t.hitl, run.run_id, run.tools, **options))


@scenario
async def background(t: Target) -> Any:
    """The client has no method for it but forwards the field; the result is read from the session."""
    session = str(uuid.uuid4())
    options = {"session_id": session, "background": "true", "headers": t.headers}
    accepted = await t.client.run_agent(t.agent, "in the background", **options)
    async with asyncio.timeout(POLL_LIMIT_SECONDS):
        while True:
            found = await t.client.get_session_runs(session, SessionType.AGENT, db_id=t.db, headers=t.headers)
            if found and plain(found[0])["status"] == "COMPLETED":
                return [accepted.status, plain(found)]
            await asyncio.sleep(0.1)


@scenario
async def cancelled(t: Target) -> Any:
    session = str(uuid.uuid4())
    seen = []
    async for event in t.client.run_agent_stream(t.agent, "slow", session_id=session, headers=t.headers):
        seen.append(event.event)
        if len(seen) == 4:
            await t.client.cancel_agent_run(t.agent, event.run_id, headers=t.headers)
    return [seen[:4], seen[-2:]]


@scenario
async def sessions(t: Target) -> Any:
    user, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    created = await t.client.create_session(SessionType.AGENT, agent_id=t.agent, user_id=user, session_name="n", **db)
    session = created.session_id
    listed = await t.client.get_sessions(SessionType.AGENT, component_id=t.agent, user_id=user, headers=t.headers)
    read = await t.client.get_session(session, SessionType.AGENT, **db)
    renamed = await t.client.rename_session(session, "renamed", SessionType.AGENT, **db)
    await t.client.delete_session(session, **db)
    left = await t.client.get_sessions(SessionType.AGENT, user_id=user, **db)
    return [plain(each) for each in (created, listed, read, renamed, left)]


@scenario
async def memories(t: Target) -> Any:
    user, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    memory = await t.client.create_memory("likes tea", user, topics=["drinks"], **db)
    listed = await t.client.list_memories(user_id=user, **db)
    read = await t.client.get_memory(memory.memory_id, user_id=user, **db)
    changed = await t.client.update_memory(memory.memory_id, "likes coffee", user, **db)
    await t.client.delete_memory(memory.memory_id, user_id=user, **db)
    return [plain(each) for each in (memory, listed, read, changed)]


async def attempted(call: Awaitable[Any]) -> Any:
    """Returns the client's result or its failure; both must be equal through the gateway."""
    try:
        return plain(await call)
    except Exception as error:
        return [type(error).__name__, getattr(getattr(error, "response", None), "text", None)]


@scenario
async def refusals(t: Target) -> Any:
    """Requests things that do not exist."""
    nowhere, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    return [
        await attempted(t.client.cancel_team_run(t.team, nowhere, headers=t.headers)),
        await attempted(t.client.cancel_workflow_run(t.workflow, nowhere, headers=t.headers)),
        await attempted(t.client.continue_team_run(t.team, nowhere, [], session_id=nowhere, headers=t.headers)),
        await attempted(t.client.continue_workflow_run(t.workflow, nowhere, [], session_id=nowhere, headers=t.headers)),
        await attempted(t.client.get_session_run(nowhere, nowhere, SessionType.AGENT, **db)),
        await attempted(t.client.get_eval_run(nowhere, **db)),
        await attempted(t.client.get_trace(nowhere, **db)),
        await attempted(t.client.get_knowledge_content(nowhere, **db)),
        await attempted(t.client.optimize_memories(nowhere, **db)),
        await attempted(t.client.migrate_database(nowhere, headers=t.headers)),
        await attempted(t.client.list_memories(db_id=nowhere, headers=t.headers)),
    ]


@scenario
async def more_of_sessions(t: Target) -> Any:
    user, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    session, found = str(uuid.uuid4()), []
    run = await t.client.run_agent(t.agent, "hi", session_id=session, user_id=user, headers=t.headers)
    found.append(await attempted(t.client.get_session_run(session, run.run_id, SessionType.AGENT, **db)))
    found.append(await attempted(t.client.get_session_run(session, run.run_id, headers=t.headers)))
    change = {"session_name": "n", "session_state": {"k": 1}, "metadata": {"m": 1}}
    found.append(await attempted(t.client.update_session(session, SessionType.AGENT, **change, **db)))
    if hasattr(t.client, "aget_session_run_previews"):
        found.append(await attempted(t.client.aget_session_run_previews(session, SessionType.AGENT, **db)))
    found.append(await attempted(t.client.delete_sessions([session], [SessionType.AGENT], **db)))
    found.append(await attempted(t.client.get_session(session, SessionType.AGENT, **db)))
    return found


@scenario
async def more_of_memories(t: Target) -> Any:
    user, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    memory = await t.client.create_memory("likes tea", user, topics=["drinks"], **db)
    return [
        await attempted(t.client.get_memory_topics(user_id=user, **db)),
        await attempted(t.client.get_user_memory_stats(user_id=user, **db)),
        await attempted(t.client.delete_memories([memory.memory_id], user_id=user, **db)),
        await attempted(t.client.get_user_memory_stats(user_id=user, **db)),
    ]


@scenario
async def evaluations(t: Target) -> Any:
    db = {"db_id": t.db, "headers": t.headers}
    run = await t.client.run_eval(
        EvalType.RELIABILITY, "use tool", agent_id=t.agent, expected_tool_calls=["add"], **db
    )
    return [
        plain(run),
        await attempted(t.client.update_eval_run(run.id, "renamed", **db)),
        await attempted(t.client.get_eval_run(run.id, **db)),
        await attempted(t.client.delete_eval_runs([run.id], **db)),
        await attempted(t.client.list_eval_runs(agent_id=str(uuid.uuid4()), eval_types=[EvalType.ACCURACY], **db)),
    ]


async def is_processed(t: Target, content_id: str, word: str) -> bool:
    """AgentOS answers an upload before it stores anything."""
    db = {"db_id": t.db, "headers": t.headers}
    try:
        content = await t.client.get_knowledge_content_status(content_id, **db)
    except httpx.HTTPStatusError as error:
        if error.response.status_code == 404:
            return False
        raise
    is_over = getattr(content.status, "value", content.status) != "processing"
    return is_over and len((await t.client.search_knowledge(word, **db)).data) > 0


def without_status(content: Any) -> Any:
    """AgentOS may report `processing` once more after `completed`."""
    return {**content, "status": None} if isinstance(content, dict) else content


@scenario
async def knowledge(t: Target) -> Any:
    db = {"db_id": t.db, "headers": t.headers}
    word = str(uuid.uuid4())
    added = await t.client.upload_knowledge_content(name=word, text_content=f"about {word}", metadata={"m": 1}, **db)
    async with asyncio.timeout(POLL_LIMIT_SECONDS):
        while not await is_processed(t, added.id, word):
            await asyncio.sleep(0.1)
    found = [
        added.name,
        without_status(await attempted(t.client.get_knowledge_content(added.id, **db))),
        without_status(await attempted(t.client.update_knowledge_content(added.id, description="d", **db))),
        await attempted(t.client.search_knowledge(word, **db)),
        await attempted(t.client.delete_knowledge_content(added.id, **db)),
        await attempted(t.client.search_knowledge(word, **db)),
    ]
    config = plain(await t.client.get_knowledge_config(**db))
    return [*found, sorted(config), (await t.client.list_knowledge_content(limit=1, **db)).meta.limit]


@scenario
async def figures(t: Target) -> Any:
    nobody, db = str(uuid.uuid4()), {"db_id": t.db, "headers": t.headers}
    return [
        await attempted(t.client.get_traces(user_id=nobody, **db)),
        await attempted(t.client.get_trace_session_stats(user_id=nobody, **db)),
        await attempted(t.client.search_traces({"op": "EQ", "key": "user_id", "value": nobody}, **db)),
        (await t.client.get_metrics_refresh_status(**db)).status,
        await attempted(t.client.migrate_database(t.db, headers=t.headers)),
    ]


@scenario
async def remote_agent(t: Target) -> Any:
    remote = RemoteAgent(t.url, t.agent)
    if t.token:
        # Agno's client requests cards without a token, so only runs work on a protected AgentOS.
        return [plain(await remote.arun("hello", auth_token=t.token))]
    role = remote.role() if callable(remote.role) else remote.role  # a method in 2.9.0, a property later
    return [
        [remote.id, remote.name, remote.description, role, remote.tools, remote.db and remote.db.id],
        plain(await remote.get_agent_config()),
        plain(await remote.refresh_config()),
        plain(await remote.arun("use tool", user_id="u1")),
        await events(remote.arun("hello", stream=True)),
    ]


@scenario
async def remote_agent_continued(t: Target) -> Any:
    session = str(uuid.uuid4())
    remote = RemoteAgent(t.url, t.hitl)
    run = await remote.arun("use tool", session_id=session, auth_token=t.token)
    for tool in run.tools or []:
        tool.confirmed = True
    options = {"session_id": session, "auth_token": t.token, "stream": False}
    if hasattr(run, "requirements") and "requirements" in RemoteAgent.acontinue_run.__annotations__:
        for requirement in run.requirements or []:
            requirement.confirm()
        return plain(await remote.acontinue_run(run.run_id, requirements=run.requirements, **options))
    return plain(await remote.acontinue_run(run.run_id, updated_tools=run.tools, **options))


@scenario
async def remote_cancel(t: Target) -> Any:
    remotes = [RemoteAgent(t.url, t.agent), RemoteTeam(t.url, t.team), RemoteWorkflow(t.url, t.workflow)]
    return [await remote.acancel_run(str(uuid.uuid4()), auth_token=t.token) for remote in remotes]


@scenario
async def remote_team(t: Target) -> Any:
    remote = RemoteTeam(t.url, t.team)
    found = [plain(await remote.arun("hello", auth_token=t.token))]
    found.append(await events(remote.arun("use tool", stream=True, auth_token=t.token)))
    if not t.token:
        found += [remote.name, plain(await remote.get_team_config()), remote.db and remote.db.id]
    return found


@scenario
async def remote_workflow(t: Target) -> Any:
    remote = RemoteWorkflow(t.url, t.workflow)
    found = [plain(await remote.arun("hello", auth_token=t.token))]
    found.append(await events(remote.arun("hello", stream=True, auth_token=t.token)))
    if not t.token:
        found += [remote.name, plain(await remote.get_workflow_config()), remote.db and remote.db.id]
    return found


async def play(target: Target) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name, function in SCENARIOS.items():
        try:
            results[name] = json.loads(json.dumps(await function(target)))
        except Exception:
            results[name] = {"failed": traceback.format_exc(limit=-3)}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True, help="the name of the AgentOS instance: suffix of its ids")
    parser.add_argument("--token")
    parser.add_argument("--output", required=True, help="the file for the results: Agno logs to standard output")
    arguments = parser.parse_args()
    results = asyncio.run(play(Target(arguments.url, arguments.name, arguments.token)))
    Path(arguments.output).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
