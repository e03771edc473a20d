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


CLIENTS = {"httpx_sse": httpx_sse, "sseclient": sseclient, "sseclient-py": sseclient_py, "openai": openai, "agno": agno}
print(json.dumps(CLIENTS[sys.argv[1]](sys.argv[2])))
