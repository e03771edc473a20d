"""Uses a client generated from the gateway's OpenAPI document, as a typed program would; mypy checks this
file too.

`agentos_client` is the generated package; test_generated_client.py places it beside this file for the run.
"""

import argparse
import uuid
from http import HTTPStatus

import httpx
from agentos_client import AuthenticatedClient as Client
from agentos_client.api.agents import create_agent_run, get_agent, get_agents, list_agent_runs
from agentos_client.api.core import get_config
from agentos_client.api.knowledge import search_knowledge
from agentos_client.api.memory import create_memory, delete_memory, get_memories
from agentos_client.api.sessions import delete_session, get_session_by_id, get_sessions, rename_session
from agentos_client.api.workflows import create_workflow_run
from agentos_client.models import (
    AgentResponse,
    AgentSessionDetailSchema,
    BodyCreateAgentRun,
    BodyCreateWorkflowRun,
    BodyRenameSession,
    ConfigResponse,
    NotFoundResponse,
    PaginatedResponseSessionSchema,
    PaginatedResponseUserMemorySchema,
    PaginatedResponseVectorSearchResult,
    SessionType,
    UserMemoryCreateSchema,
    UserMemorySchema,
    VectorSearchRequestSchema,
)


def components(client: Client, name: str) -> None:
    agents = get_agents.sync(client=client)
    assert isinstance(agents, list)
    assert f"assistant-{name}" in [agent.id for agent in agents]
    agent = get_agent.sync(f"assistant-{name}", client=client)
    assert isinstance(agent, AgentResponse)
    assert agent.name == "Assistant"
    unknown = get_agent.sync_detailed("nobody", client=client)
    assert unknown.status_code == HTTPStatus.NOT_FOUND
    assert isinstance(unknown.parsed, NotFoundResponse)
    config = get_config.sync(client=client)
    assert isinstance(config, ConfigResponse)
    assert f"db-{name}" in config.databases


def runs(client: Client, name: str, session: str, user: str) -> None:
    form = BodyCreateAgentRun(message="made", stream=False, session_id=session, user_id=user)
    output = create_agent_run.sync(f"assistant-{name}", client=client, body=form)
    assert isinstance(output, dict) and output["content"] == "You said: made"
    listed = list_agent_runs.sync_detailed(f"assistant-{name}", client=client, session_id=session)
    assert listed.status_code == HTTPStatus.OK
    flow = BodyCreateWorkflowRun(message="made", stream=False)
    output = create_workflow_run.sync(f"wf-{name}", client=client, body=flow)
    assert isinstance(output, dict) and output["content"] == "You said: made"
    nobody = create_agent_run.sync_detailed("nobody", client=client, body=form)
    assert nobody.status_code == HTTPStatus.NOT_FOUND


def sessions(client: Client, name: str, session: str) -> None:
    for db in (f"db-{name}", None):
        page = get_sessions.sync(client=client, type_=SessionType.AGENT, db_id=db)
        assert isinstance(page, PaginatedResponseSessionSchema)
        assert session in [found.session_id for found in page.data]
    renamed = rename_session.sync(
        session, client=client, body=BodyRenameSession(session_name="new"), type_=SessionType.AGENT, db_id=f"db-{name}"
    )
    assert isinstance(renamed, AgentSessionDetailSchema)
    found = get_session_by_id.sync(session, client=client, type_=SessionType.AGENT)
    assert isinstance(found, AgentSessionDetailSchema)
    assert found.session_name == "new"
    assert delete_session.sync_detailed(session, client=client).status_code == HTTPStatus.NO_CONTENT


def data(client: Client, name: str, user: str) -> None:
    db = f"db-{name}"
    memory = create_memory.sync(client=client, body=UserMemoryCreateSchema("likes tea", user_id=user), db_id=db)
    assert isinstance(memory, UserMemorySchema)
    listed = get_memories.sync(client=client, user_id=user, db_id=db)
    assert isinstance(listed, PaginatedResponseUserMemorySchema)
    assert [each.memory for each in listed.data] == ["likes tea"]
    gone = delete_memory.sync_detailed(memory.memory_id, client=client, db_id=db, user_id=user)
    assert gone.status_code == HTTPStatus.NO_CONTENT
    result = search_knowledge.sync(client=client, body=VectorSearchRequestSchema(query="nothing", db_id=db))
    assert isinstance(result, PaginatedResponseVectorSearchResult)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True, help="the name of the AgentOS instance: suffix of its ids")
    parser.add_argument("--token", required=True)
    arguments = parser.parse_args()
    session, user = str(uuid.uuid4()), str(uuid.uuid4())
    with Client(base_url=arguments.url, token=arguments.token, timeout=httpx.Timeout(60)) as client:
        components(client, arguments.name)
        runs(client, arguments.name, session, user)
        sessions(client, arguments.name, session)
        data(client, arguments.name, user)


if __name__ == "__main__":
    main()
