"""Uses one component over A2A 0.3 with the official Python client (a2a-sdk 0.3.x), and prints the outcome as JSON.

Usage: a2a_03.py BASE_URL MESSAGE [ANSWER]. ANSWER is a data part, as JSON.
With the message `slow`, the task is followed and cancelled in progress.
"""

import asyncio
import json
import sys
import uuid
from typing import Any

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import DataPart, Message, Part, Role, TaskIdParams, TaskQueryParams, TextPart


def message(text: str = "", data: Any = None, **ids: str) -> Message:
    part = Part(root=DataPart(data=data)) if data is not None else Part(root=TextPart(text=text))
    return Message(message_id=str(uuid.uuid4()), role=Role.user, parts=[part], **ids)


def plain(item: Any) -> Any:
    """A message, or the task with the update that changed it."""
    if isinstance(item, tuple):
        task, update = item
        return {"task": plain(task), "update": update and plain(update)}
    return item.model_dump(mode="json", exclude_none=True, by_alias=True)


async def collect(stream: Any) -> list[Any]:
    return [plain(item) async for item in stream]


async def attempted(call: Any) -> Any:
    try:
        return plain(await call)
    except Exception as error:
        return {"type": type(error).__name__, "message": str(error)}


async def main(base: str, text: str, answer: str | None) -> dict[str, Any]:
    done: dict[str, Any] = {}
    async with httpx.AsyncClient(timeout=60) as http:
        card = await A2ACardResolver(http, base).get_agent_card()
        streaming = ClientFactory(ClientConfig(streaming=True, httpx_client=http)).create(card)
        whole = ClientFactory(ClientConfig(streaming=False, httpx_client=http)).create(card)
        if text == "slow":
            return await long_task(http, card, streaming, whole)
        done["card"] = plain(card)
        done["send"] = await collect(whole.send_message(message(text)))
        done["stream"] = await collect(streaming.send_message(message(text)))
        task = done["stream"][-1]["task"]
        ids = {"task_id": task["id"], "context_id": task["contextId"]}
        if answer is not None:
            done["answered"] = await collect(streaming.send_message(message(data=json.loads(answer), **ids)))
            try:
                done["again"] = await collect(whole.send_message(message(data=json.loads(answer), **ids)))
            except Exception as error:
                done["again"] = {"type": type(error).__name__, "message": str(error)}
        done["get"] = await attempted(whole.get_task(TaskQueryParams(id=task["id"])))
        done["cancel"] = await attempted(whole.cancel_task(TaskIdParams(id=task["id"])))
        done["unknown"] = await attempted(whole.get_task(TaskQueryParams(id="unknown")))
    return done


async def long_task(http: httpx.AsyncClient, card: Any, streaming: Any, whole: Any) -> dict[str, Any]:
    """Begins a task without waiting for it, follows it, and cancels it."""
    polling = ClientFactory(ClientConfig(streaming=False, polling=True, httpx_client=http)).create(card)
    [begun] = await collect(polling.send_message(message("slow")))
    task_id = begun["task"]["id"]
    followed = []
    async for item in streaming.resubscribe(TaskIdParams(id=task_id)):
        followed.append(plain(item))
        if len(followed) == 2:
            break
    canceled = await attempted(whole.cancel_task(TaskIdParams(id=task_id)))
    return {"begun": begun, "followed": followed, "canceled": canceled}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else None))))
