"""Uses one component over A2A 1.0 with the official Python client (a2a-sdk 1.x), and prints the outcome as JSON.

Usage: a2a_1.py BASE_URL BINDING MESSAGE [ANSWER]. BINDING is JSONRPC or HTTP+JSON. ANSWER is a data part, as JSON.
With the message `slow`, the task is followed and cancelled in progress.
"""

import asyncio
import json
import sys
import uuid
from typing import Any

import httpx
from a2a.client import ClientConfig, create_client
from a2a.types import a2a_pb2 as types
from google.protobuf.json_format import MessageToDict


def message(text: str = "", data: Any = None, **ids: str) -> types.Message:
    made = types.Message(message_id=str(uuid.uuid4()), role=types.ROLE_USER, **ids)
    if text:
        made.parts.add(text=text)
    if data is not None:
        made.parts.add().data.struct_value.update(data)
    return made


async def collect(stream: Any) -> list[dict[str, Any]]:
    return [MessageToDict(item) for item in [each async for each in stream]]


def failure(error: Exception) -> dict[str, str]:
    return {"type": type(error).__name__, "message": str(error)}


async def attempted(call: Any) -> Any:
    try:
        return MessageToDict(await call)
    except Exception as error:
        return failure(error)


async def main(base: str, binding: str, text: str, answer: str | None) -> dict[str, Any]:
    done: dict[str, Any] = {}
    async with httpx.AsyncClient(timeout=60) as http:
        config = {"httpx_client": http, "supported_protocol_bindings": [binding]}
        streaming = await create_client(base, ClientConfig(streaming=True, **config))
        whole = await create_client(base, ClientConfig(streaming=False, **config))
        if text == "slow":
            return await long_task(streaming, whole)
        done["card"] = MessageToDict((await streaming.get_extended_agent_card(types.GetExtendedAgentCardRequest())))
        request = types.SendMessageRequest(message=message(text))
        done["send"] = await collect(whole.send_message(request))
        done["stream"] = await collect(streaming.send_message(types.SendMessageRequest(message=message(text))))
        task = done["stream"][0]["task"]
        ids = {"task_id": task["id"], "context_id": task["contextId"]}
        if answer is not None:
            plain = types.SendMessageRequest(message=message("yes", **ids))
            done["plain"] = await collect(whole.send_message(plain))
            given = types.SendMessageRequest(message=message(data=json.loads(answer), **ids))
            done["answered"] = await collect(streaming.send_message(given))
            again = types.SendMessageRequest(message=message(data=json.loads(answer), **ids))
            try:
                done["again"] = await collect(whole.send_message(again))
            except Exception as error:
                done["again"] = failure(error)
        done["get"] = await attempted(whole.get_task(types.GetTaskRequest(id=task["id"])))
        listing = types.ListTasksRequest(context_id=task["contextId"])
        done["list"] = await attempted(whole.list_tasks(listing))
        done["all"] = await attempted(whole.list_tasks(types.ListTasksRequest(page_size=5)))
        done["cancel"] = await attempted(whole.cancel_task(types.CancelTaskRequest(id=task["id"])))
        done["unknown"] = await attempted(whole.get_task(types.GetTaskRequest(id="unknown")))
        push = types.TaskPushNotificationConfig(task_id=task["id"], url="https://example.com")
        done["push"] = await attempted(whole.create_task_push_notification_config(push))
    return done


async def long_task(streaming: Any, whole: Any) -> dict[str, Any]:
    """Begins a task without waiting for it, follows it, and cancels it."""
    request = types.SendMessageRequest(message=message("slow"))
    request.configuration.return_immediately = True
    [begun] = await collect(whole.send_message(request))
    task_id = begun["task"]["id"]
    followed = []
    async for each in streaming.subscribe(types.SubscribeToTaskRequest(id=task_id)):
        followed.append(MessageToDict(each))
        if len(followed) == 2:
            break
    running = await attempted(whole.get_task(types.GetTaskRequest(id=task_id)))
    canceled = await attempted(whole.cancel_task(types.CancelTaskRequest(id=task_id)))
    for _ in range(100):
        late = await attempted(whole.get_task(types.GetTaskRequest(id=task_id)))
        if late["status"]["state"] == "TASK_STATE_CANCELED":
            break
        await asyncio.sleep(0.1)
    return {"begun": begun, "followed": followed, "running": running, "canceled": canceled, "late": late}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else None))))
