"""Asks the MCP face with the official Python client and with Agno's MCPTools, and prints what it saw as JSON.

It runs in two environments: `mcp` 1 with Agno 2.9.0, and `mcp` 2 with Agno 3.1.10.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

from agno.tools.mcp import MCPTools
from mcp import ClientSession

try:
    from mcp.client.streamable_http import streamable_http_client as connect
except ImportError:
    from mcp.client.streamable_http import streamablehttp_client as connect


@asynccontextmanager
async def session_at(url: str):
    async with connect(url) as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        yield session


def plain(result: object) -> dict:
    return result.model_dump(by_alias=True, exclude_none=True)


async def paused_and_answered(url: str, agent: str, tool: str, answers: dict) -> dict:
    """Runs an agent until it pauses, fills in the requirement, and continues twice."""
    async with session_at(url) as session:
        paused = plain(await session.call_tool("run_agent", {"agent_id": agent, "message": f"use tool {tool}"}))
        state = paused["structuredContent"]
        requirement = {**state["requirements"][0], **answers}
        named = {"run_id": state["run_id"], "session_id": state["session_id"], "agent_id": agent}
        arguments = {**named, "requirements": [requirement]}
        first = plain(await session.call_tool("continue_run", arguments))
        second = plain(await session.call_tool("continue_run", arguments))
        runs = plain(await session.call_tool("get_session_runs", {"session_id": state["session_id"]}))
        return {"paused": paused, "first": first, "second": second, "runs": runs}


async def agno_tools(url: str, agent: str) -> dict:
    """Connects Agno's own MCPTools and calls the tool of an agent."""
    async with MCPTools(transport="streamable-http", url=url) as tools:
        result = await tools.session.call_tool(agent, {"message": "hello"})
        return {"names": sorted(tools.functions), "text": result.content[0].text}


def main() -> None:
    url, what, *arguments = sys.argv[1:]
    if what == "tools":
        seen = asyncio.run(agno_tools(url, *arguments))
    else:
        agent, tool, answers = arguments
        seen = asyncio.run(paused_and_answered(url, agent, tool, json.loads(answers)))
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
