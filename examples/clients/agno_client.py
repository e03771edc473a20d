"""Uses Agno's own Python client with the gateway: `pip install agno[os]`, start the gateway, run this."""

import asyncio
import sys

from agno.agent.remote import RemoteAgent
from agno.client import AgentOSClient

GATEWAY = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"


async def main() -> None:
    client = AgentOSClient(base_url=GATEWAY)
    config = await client.aget_config()
    print("agents:", ", ".join(agent.id for agent in config.agents))

    output = await client.run_agent("echo", message="hello", session_id="python")
    print("echo:", output.content)

    async for event in client.run_agent_stream("slow", message="count to 5"):
        print("slow:", event.event, getattr(event, "content", None) or "")

    poet = RemoteAgent(base_url=GATEWAY, agent_id="poet")
    print("poet:", (await poet.arun("the sea")).content)


asyncio.run(main())
