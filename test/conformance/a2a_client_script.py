"""Uses the A2A interface of one AgentOS with Agno's own A2A client and RemoteAgent, and writes their results
as JSON.

Runs in the environment of the client's Agno release; test_a2a.py starts it once for an AgentOS and once for
the gateway.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from agno.agent.remote import RemoteAgent
from agno.client.a2a import A2AClient
from agno.media import File
from agno.team.remote import RemoteTeam
from agno.workflow.remote import RemoteWorkflow

from client_script import attempted, events, plain


async def asked(base_url: str) -> list[Any]:
    """Uses one component through its A2A interface: card, message, stream, conversation."""
    client = A2AClient(base_url)
    card = client.get_agent_card()
    first = await client.send_message("hello", context_id="c1", user_id="u1")
    file = File(content=b"abc", filename="a.txt", mime_type="text/plain")
    with_file = await client.send_message("look", context_id="c1", user_id="u1", files=[file])
    stream = [event.event_type async for event in client.stream_message("use tool", context_id="c1", user_id="u1")]
    return [
        card and [card.name, card.description, card.capabilities],
        [first.status, first.content, first.context_id],
        [with_file.status, with_file.content],
        stream,
    ]


async def play(url: str, name: str) -> dict[str, Any]:
    a2a = f"{url}/a2a"
    agent, team, workflow = f"assistant-{name}", f"team-{name}", f"wf-{name}"
    options = {"protocol": "a2a"}
    remotes = [
        RemoteAgent(f"{a2a}/agents/{agent}", agent, **options),
        RemoteTeam(f"{a2a}/teams/{team}", team, **options),
        RemoteWorkflow(f"{a2a}/workflows/{workflow}", workflow, **options),
    ]
    return {
        "agent": await asked(f"{a2a}/agents/{agent}"),
        "team": await asked(f"{a2a}/teams/{team}"),
        "workflow": await asked(f"{a2a}/workflows/{workflow}"),
        "runs": [plain(await remote.arun("hello")) for remote in remotes],
        "streams": [await events(remote.arun("hello", stream=True)) for remote in remotes],
        "unknown": await attempted(A2AClient(f"{a2a}/agents/nobody").send_message("hello")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True, help="the name of the AgentOS instance: suffix of its ids")
    parser.add_argument("--output", required=True, help="the file for the results: Agno logs to standard output")
    arguments = parser.parse_args()
    results = asyncio.run(play(arguments.url, arguments.name))
    Path(arguments.output).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
