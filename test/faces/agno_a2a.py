"""Uses components with Agno's own A2A client, in the dialect that an AgentOS has, and prints the outcome as JSON.

Usage: agno_a2a.py URL SUFFIX
"""

import asyncio
import json
import sys
from typing import Any

from agno.agent.remote import RemoteAgent
from agno.client.a2a import A2AClient
from agno.team.remote import RemoteTeam
from agno.workflow.remote import RemoteWorkflow


async def main(url: str, suffix: str) -> dict[str, Any]:
    base = f"{url}/a2a/agents/helper-{suffix}"
    client = A2AClient(base)
    card = client.get_agent_card()
    sent = await client.send_message("hello", context_id="agno-c1", user_id="ada")
    stream = [event async for event in client.stream_message("use tool add", context_id="agno-c1", user_id="ada")]
    remote = RemoteAgent(base_url=base, agent_id=f"helper-{suffix}", protocol="a2a")
    output = await remote.arun("hello")
    events = [event async for event in remote.arun("hello", stream=True)]
    team = RemoteTeam(base_url=f"{url}/a2a/teams/pair-{suffix}", team_id=f"pair-{suffix}", protocol="a2a")
    flow_id = f"flow-{suffix}"
    flow = RemoteWorkflow(base_url=f"{url}/a2a/workflows/{flow_id}", workflow_id=flow_id, protocol="a2a")
    confirming = A2AClient(f"{url}/a2a/agents/confirming-{suffix}")
    return {
        "card": card and card.name,
        "sent": [sent.status, sent.content, sent.context_id],
        "stream": [event.event_type for event in stream],
        "text": "".join(event.content or "" for event in stream if event.event_type == "content"),
        "output": output.content,
        "events": [type(event).__name__ for event in events],
        "streamed": events[-1].content,
        "team": (await team.arun("hello")).content,
        "workflow": (await flow.arun("hello")).content,
        "paused": (await confirming.send_message("use tool delete_file")).status,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:3]))))
