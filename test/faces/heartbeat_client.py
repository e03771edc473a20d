"""Reads one stream with the named client, and prints what it saw as JSON: `heartbeat_client.py CLIENT URL`."""

import asyncio
import json
import sys


def httpx_sse(url: str) -> list:
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client(timeout=30, trust_env=False) as client, connect_sse(client, "GET", url) as source:
        return [[event.id, event.event, event.data] for event in source.iter_sse()]


def sseclient(url: str) -> list:
    from sseclient import SSEClient

    seen = []
    for event in SSEClient(url, retry=1):
        seen.append([event.id, event.event, event.data])
        # It connects again when a stream ends.
        if event.event == "RunCompleted":
            return seen
    return seen


def sseclient_py(url: str) -> list:
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=True, headers={"accept": "text/event-stream"}, timeout=30)
    return [[event.id, event.event, event.data] for event in SSEClient(response).events()]


def openai(url: str) -> list:
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="none", max_retries=0)
    messages = [{"role": "user", "content": "hello"}]
    chunks = list(client.chat.completions.create(model="agent/slow", messages=messages, stream=True))
    assert all(chunk.object == "chat.completion.chunk" for chunk in chunks), chunks
    texts = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    return [text for text in texts if text]


def agno(url: str) -> list:
    from agno.client import AgentOSClient

    async def names() -> list:
        stream = AgentOSClient(base_url=url).run_agent_stream("slow", message="hello")
        return [event.event async for event in stream]

    return asyncio.run(names())


def mcp(url: str) -> list:
    from python_client import plain, session_at

    async def answer() -> dict:
        async with session_at(url) as session:
            return plain(await session.call_tool("slow", {"message": "hello"}))

    return [part["text"] for part in asyncio.run(answer())["content"]]


def a2a_1(url: str) -> list:
    import httpx
    from a2a.client import ClientConfig, create_client
    from a2a.types import a2a_pb2 as types
    from a2a_1 import collect, message

    async def items() -> list:
        async with httpx.AsyncClient(timeout=60) as http:
            client = await create_client(url, ClientConfig(streaming=True, httpx_client=http))
            return await collect(client.send_message(types.SendMessageRequest(message=message("hello"))))

    updates = [item["artifactUpdate"]["artifact"] for item in asyncio.run(items()) if "artifactUpdate" in item]
    return [part["text"] for update in updates for part in update["parts"] if part.get("text")]


def a2a_03(url: str) -> list:
    import httpx
    from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
    from a2a_03 import collect, message

    async def items() -> list:
        async with httpx.AsyncClient(timeout=60) as http:
            card = await A2ACardResolver(http, url).get_agent_card()
            client = ClientFactory(ClientConfig(streaming=True, httpx_client=http)).create(card)
            return await collect(client.send_message(message("hello")))

    updates = [item["update"]["artifact"] for item in asyncio.run(items()) if "artifact" in (item["update"] or {})]
    return [part["text"] for update in updates for part in update["parts"] if part.get("text")]


CLIENTS = {
    "httpx_sse": httpx_sse,
    "sseclient": sseclient,
    "sseclient-py": sseclient_py,
    "openai": openai,
    "agno": agno,
    "mcp": mcp,
    "a2a_1": a2a_1,
    "a2a_03": a2a_03,
}
print(json.dumps(CLIENTS[sys.argv[1]](sys.argv[2])))
