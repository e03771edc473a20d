"""A scripted chat completion server whose team leaders delegate.

By words in the last user message, unless a tool result follows it:
  "both"   a leader delegates to its first two members, "alone" to none, otherwise to the first
  "pay"    the tool `pay` is called, if it is offered
  "slow"   the answer takes 2 seconds
  (else)   "You said: <message>"

Below `/late`, every answer starts LATE_SECONDS later: parallel members end in a fixed order.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
SLOW_WORDS = 40
SLOW_PAUSE_SECONDS = 0.05
LATE_SECONDS = 0.4


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def members_in(messages: list[dict[str, Any]]) -> list[str]:
    """Returns the ids of the roster in a leader's system message."""
    system = " ".join(text_of(m) for m in messages if m["role"] in ("system", "developer"))
    return re.findall(r'<member id="([^"]+)"', system)


def plan(request: dict[str, Any]) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """Returns the last user message, and the tool calls that answer it."""
    messages = request["messages"]
    tools = {tool["function"]["name"] for tool in request.get("tools") or []}
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    if not users:
        return "", []
    last = text_of(messages[users[-1]])
    if any(message["role"] == "tool" for message in messages[users[-1] + 1 :]):
        return last, []
    if "delegate_task_to_member" in tools and "alone" not in last:
        chosen = members_in(messages)[: 2 if "both" in last else 1]
        task = last.replace("both", "").strip()
        return last, [("delegate_task_to_member", {"member_id": member, "task": task}) for member in chosen]
    if "delegate_task_to_members" in tools:
        return last, [("delegate_task_to_members", {"task": last})]
    if "pay" in tools and "pay" in last:
        return last, [("pay", {"amount": "5"})]
    return last, []


def tool_calls(calls: list[tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
    return [
        {"index": i, "id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for i, (name, args) in enumerate(calls)
    ]


@app.get("/health")
async def health() -> dict[str, str]:
    return {}


@app.post("/late/v1/chat/completions", response_model=None)
async def complete_late(http: Request) -> dict[str, Any] | StreamingResponse:
    await asyncio.sleep(LATE_SECONDS)
    return await complete(http)


@app.post("/v1/chat/completions", response_model=None)
async def complete(http: Request) -> dict[str, Any] | StreamingResponse:
    request = await http.json()
    last, planned = plan(request)
    calls = tool_calls(planned)
    said = f"You said: {last}"
    words = len(said.split())
    usage = {"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 10 + words}
    base = {"id": "cmpl-1", "object": "chat.completion", "created": 1, "model": request["model"]}
    is_slow = "slow" in last and not calls
    if not request.get("stream"):
        if is_slow:
            await asyncio.sleep(SLOW_WORDS * SLOW_PAUSE_SECONDS)
        message: dict[str, Any] = {"role": "assistant", "content": None if calls else said}
        if calls:
            message["tool_calls"] = [{key: value for key, value in call.items() if key != "index"} for call in calls]
        finish = "tool_calls" if calls else "stop"
        return {**base, "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}

    async def chunks() -> AsyncIterator[str]:
        def chunk(choices: list[dict[str, Any]], **extra: Any) -> str:
            return "data: " + json.dumps({**base, "object": "chat.completion.chunk", "choices": choices, **extra}) + "\n\n"

        def delta(value: dict[str, Any], finish: str | None = None) -> str:
            return chunk([{"index": 0, "delta": value, "finish_reason": finish}])

        yield delta({"role": "assistant"})
        if calls:
            yield delta({"tool_calls": calls})
            yield delta({}, "tool_calls")
        else:
            for word in said.split(" ") + ["slow"] * (SLOW_WORDS if is_slow else 0):
                yield delta({"content": word + " "})
                if is_slow:
                    await asyncio.sleep(SLOW_PAUSE_SECONDS)
            yield delta({}, "stop")
        yield chunk([], usage=usage)
        yield "data: [DONE]\n\n"

    return StreamingResponse(chunks(), media_type="text/event-stream")
