"""A scripted, OpenAI-compatible chat completion server.

It replaces the language model, so that real AgentOS servers run real agents without a network or a key, and with
reproducible results: the same question always gets the same answer in the same number of chunks.

The script, chosen by words in the last user message:
  "use tool"  the tool named after it, else the first one offered, is called once; when its result is in the
              conversation, the usual answer follows
  "Summarize these memories"  one word, because AgentOS refuses a summary longer than its input
  "reply X"   X, such as JSON for an output schema
  "what files"  the types of the parts beside the text, and the beginning of each
  "slow"      the usual answer, then SLOW_CHUNKS words with pauses: time to poll, cut, resume or cancel.
              "slow 600" when streamed: as many words
  (else)      "You said: <message>", word by word when streamed
"""

import argparse
import json
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_CHUNKS = 40
SLOW_PAUSE_SECONDS = 0.05


def text_of(message: dict[str, Any]) -> str:
    """Returns the text of a message, whose content is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if part.get("type") == "text")


def files_of(message: dict[str, Any]) -> list[str]:
    """Describes the parts beside the text: `image_url data:image/png;base64,iVBORw`."""
    content = message.get("content")
    told = []
    for part in content if isinstance(content, list) else []:
        kind = part.get("type")
        if kind != "text":
            held = part[kind]
            told.append(f"{kind} {(held.get('url') or held.get('file_data') or held.get('format'))[:30]}")
    return told


def answer_to(messages: list[dict[str, Any]]) -> str:
    """Returns the scripted answer as text."""
    prompt = last_user_text(messages)
    if prompt.startswith("Summarize these memories"):
        return "Tea."
    if prompt.startswith("reply "):
        return prompt.removeprefix("reply ")
    if prompt.startswith("what files"):
        users = [message for message in messages if message.get("role") == "user"]
        return ", ".join(files_of(users[-1])) or f"none, but: {prompt}"
    return f"You said: {prompt}"


def last_user_text(messages: list[dict[str, Any]]) -> str:
    users = [text_of(m) for m in messages if m.get("role") == "user"]
    return users[-1] if users else ""


def tool_already_answered(messages: list[dict[str, Any]]) -> bool:
    """Returns whether a tool result follows the last user message; results of earlier turns do not count."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return False
        if message.get("role") == "tool":
            return True
    return False


def argument_for(name: str, schema: dict[str, Any], messages: list[dict[str, Any]]) -> Any:
    """Returns a valid 1 for every parameter; a team member gets its real id, so that delegation happens."""
    if name == "member_id":
        system = " ".join(text_of(m) for m in messages if m.get("role") in ("system", "developer"))
        member = re.search(r'<member id="([^"]+)"', system)
        return member.group(1) if member else "1"
    if name == "questions":
        options = [{"label": label, "description": label} for label in ("a", "b")]
        return [{"question": "Which?", "header": "Which", "options": options, "multi_select": False}]
    return "1" if schema.get("type") == "string" else 1


def tool_call(request: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the call that the script demands for this request, or None when it answers with text."""
    messages = request.get("messages", [])
    tools = request.get("tools") or []
    prompt = last_user_text(messages)
    if not tools or "use tool" not in prompt or tool_already_answered(messages):
        return None
    functions = [tool["function"] for tool in tools]
    function = next((each for each in functions if each["name"] in prompt), functions[0])
    properties = function.get("parameters", {}).get("properties", {})
    arguments = {name: argument_for(name, schema, messages) for name, schema in properties.items()}
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": function["name"], "arguments": json.dumps(arguments)},
    }


def usage_of(answer: str) -> dict[str, int]:
    words = len(answer.split())
    return {"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 10 + words}


def completion(request: dict[str, Any]) -> dict[str, Any]:
    """Returns the answer as one JSON object."""
    prompt = last_user_text(request.get("messages", []))
    answer = answer_to(request.get("messages", []))
    call = tool_call(request)
    if "slow" in prompt and not call:
        time.sleep(SLOW_CHUNKS * SLOW_PAUSE_SECONDS)
    message = {"role": "assistant", "content": None if call else answer}
    if call:
        message["tool_calls"] = [call]
    return {
        "id": "cmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": request.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if call else "stop"}],
        "usage": usage_of(answer),
    }


def chunk(request: dict[str, Any], delta: dict[str, Any], finish: str | None = None, **extra: Any) -> dict[str, Any]:
    return {
        "id": "cmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": request.get("model"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **extra,
    }


def completion_chunks(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the same answer word by word."""
    prompt = last_user_text(request.get("messages", []))
    answer = answer_to(request.get("messages", []))
    call = tool_call(request)
    if call:
        yield chunk(request, {"role": "assistant", "tool_calls": [{"index": 0, **call}]})
        yield chunk(request, {}, finish="tool_calls")
    else:
        for word in answer.split():
            yield chunk(request, {"role": "assistant", "content": f"{word} "})
        if "slow" in prompt:
            wanted = re.search(r"slow (\d+)", prompt)
            for _ in range(int(wanted.group(1)) if wanted else SLOW_CHUNKS):
                time.sleep(SLOW_PAUSE_SECONDS)
                yield chunk(request, {"content": "slow "})
        yield chunk(request, {}, finish="stop")
    yield {**chunk(request, {}), "choices": [], "usage": usage_of(answer)}


class Handler(BaseHTTPRequestHandler):
    """Serves POST …/chat/completions; other requests get 404. `GET /health` answers 200 for the start-up check."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._json(200 if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        if not self.path.endswith("/chat/completions"):
            self._json(404, {"error": {"message": "not found"}})
        elif request.get("stream"):
            self._stream(request)
        else:
            self._json(200, completion(request))

    def _json(self, status: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for event in completion_chunks(request):
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # a cancelled run disconnects from its model, which is no error here

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log would only have one line per model call."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
