"""Agno's own AgentOSClient, RemoteTeam and RemoteWorkflow against composed components. Writes what they saw as JSON."""
import asyncio
import json
import sys

from agno.client import AgentOSClient
from agno.db.base import SessionType
from agno.team.remote import RemoteTeam
from agno.workflow.remote import RemoteWorkflow

URL = sys.argv[1]


def status(output) -> str:
    return getattr(output.status, "value", output.status)


async def events(stream) -> list:
    return [event.event async for event in stream]


async def listed(client: AgentOSClient) -> dict:
    teams = await client.list_teams()
    workflows = await client.list_workflows()
    return {
        "teams": [team.id for team in teams],
        "workflows": [workflow.id for workflow in workflows],
        "card": (await client.aget_team("both")).id,
        "steps": len((await client.aget_workflow("chain")).steps or []),
    }


async def with_client(client: AgentOSClient) -> dict:
    team = await client.run_team(team_id="both", message="hello", session_id="client")
    streamed = await events(client.run_team_stream(team_id="both", message="hello", session_id="client"))
    workflow = await client.run_workflow(workflow_id="chain", message="hello", session_id="client-w")
    chained = client.run_workflow_stream(workflow_id="chain", message="hello", session_id="client-w")
    runs = await client.get_session_runs("client", session_type=SessionType.TEAM)
    return {
        "team": [status(team), team.content],
        "stream": streamed,
        "workflow": [status(workflow), workflow.content],
        "workflowStream": await events(chained),
        "runs": len(runs),
    }


async def with_remotes() -> dict:
    team = RemoteTeam(base_url=URL, team_id="payers")
    paused = await team.arun("pay now", session_id="remote", stream=False)
    for requirement in paused.requirements:
        requirement.confirm()
    ended = await team.acontinue_run(
        run_id=paused.run_id, requirements=paused.requirements, session_id="remote", stream=False
    )
    workflow = RemoteWorkflow(base_url=URL, workflow_id="asks")
    waiting = await workflow.arun("hello", session_id="remote-w", stream=False)
    for requirement in waiting.step_requirements:
        requirement.confirm()
    done = await workflow.acontinue_run(
        run_id=waiting.run_id, step_requirements=waiting.step_requirements, session_id="remote-w", stream=False
    )
    failed = RemoteWorkflow(base_url=URL, workflow_id="fails")
    undecided = await failed.arun("hello", session_id="remote-f", stream=False)
    for requirement in undecided.error_requirements:
        requirement.skip()
    # Agno's client has no other parameter for the decisions.
    decided = await failed.acontinue_run(
        run_id=undecided.run_id,
        step_requirements=undecided.error_requirements,
        session_id="remote-f",
        stream=False,
    )
    return {
        "team": [status(paused), status(ended), ended.content],
        "workflow": [status(waiting), status(done), done.content],
        "failed": [status(undecided), status(decided), decided.content],
        "stream": await events(team.arun("hello", session_id="remote", stream=True, stream_events=True)),
    }


async def main() -> None:
    client = AgentOSClient(base_url=URL)
    seen = {"listed": await listed(client), "client": await with_client(client), "remotes": await with_remotes()}
    print(json.dumps(seen))


asyncio.run(main())
