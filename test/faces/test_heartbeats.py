"""Tests that clients of event streams see the upstream's events and nothing else while heartbeats are sent.

The AgentOS is a script: its streams stop between events for longer than the gateway's interval of heartbeats.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from child import Child
from rig import PROJECT, RELEASES, gateway_child, python_of

HERE = Path(__file__).resolve().parent
SILENCE_SECONDS = 0.3
HEARTBEAT = b": heartbeat\n"
CARD = {"id": "slow", "name": "Slow", "db_id": None, "model": None, "tools": {}}
RUN = {"run_id": "r", "session_id": "s", "agent_id": "slow", "created_at": 1}
EVENTS = [
    {**RUN, "event": "RunStarted"},
    *({**RUN, "event": "RunContent", "content": word, "content_type": "str"} for word in ("one", "two", "three")),
    {**RUN, "event": "RunCompleted", "content": "onetwothree", "content_type": "str"},
]
# What every client has to see: id, name and data of each event.
SEEN = [[str(number), event["event"], json.dumps(event)] for number, event in enumerate(EVENTS)]
WORDS = ["one", "two", "three"]


class SlowAgentOS(BaseHTTPRequestHandler):
    """Serves one agent. The query `end=` chooses the line ends of the stream."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/stream":
            self.stream()
        elif path == "/agents":
            self.answer([CARD])
        elif path in ("/agents/slow", "/config", "/info"):
            self.answer(CARD if path == "/agents/slow" else {"os_id": "slow", "databases": []})
        else:
            self.answer([] if path in ("/teams", "/workflows") else {"detail": "Not Found"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.stream()

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        end = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}[self.path.partition("end=")[2] or "lf"]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number, name, data in SEEN:
            time.sleep(SILENCE_SECONDS)
            self.wfile.write(end.join([f"id: {number}", f"event: {name}", f"data: {data}", "", ""]).encode())
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Slow:
    """A gateway that sends heartbeats, in front of a slow AgentOS."""

    url: str

    def stream(self, end: str = "lf") -> str:
        return f"{self.url}/upstreams/slow/stream?end={end}"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowAgentOS)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    upstreams = [{"name": "slow", "url": f"http://127.0.0.1:{server.server_port}"}]
    faces = {"openai": True, "mcp": True, "a2a": True, "agui": True}
    config = {"upstreams": upstreams, "heartbeat": "50ms", "faces": faces}
    url, gateway = gateway_child(config, tmp_path_factory.mktemp("heartbeats"))
    try:
        gateway.wait_until_answering(f"{url}/agents/slow")
        yield Slow(url)
    finally:
        gateway.stop()
        server.shutdown()


def output_of(command: list[str], path: str = "") -> list:
    """Runs a script; its last line is JSON."""
    environment = {**os.environ, **({"PYTHONPATH": path} if path else {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("end", ["lf", "crlf", "cr"])
def test_heartbeats_are_sent_in_every_silence(slow: Slow, end: str) -> None:
    body = httpx.get(slow.stream(end), timeout=30, trust_env=False).content
    assert body.count(b": heartbeat") >= len(EVENTS)


@pytest.mark.parametrize("end", ["lf", "crlf"])
@pytest.mark.parametrize("client", ["httpx_sse", "sseclient", "sseclient-py"])
def test_a_python_client_sees_the_events_alone(slow: Slow, client: str, end: str) -> None:
    command = [python_of("3.1.10"), str(HERE / "heartbeat_client.py"), client, slow.stream(end)]
    assert output_of(command, str(PROJECT / ".venvs" / client)) == SEEN


def node_output(client: str, url: str, clients: str = "faces-node") -> list:
    script = PROJECT / ".venvs" / clients / "heartbeats.mjs"
    script.write_text((HERE / "heartbeats.mjs").read_text())
    return output_of([str(PROJECT / "node_modules" / ".bin" / "node"), str(script), client, url])


def python_output(client: str, url: str, environment: str, path: str = "") -> list:
    python = PROJECT / ".venvs" / environment / "bin" / "python"
    return output_of([str(python), str(HERE / "heartbeat_client.py"), client, url], path)


@pytest.mark.parametrize("end", ["lf", "crlf", "cr"])
def test_eventsource_parser_sees_the_events_alone(slow: Slow, end: str) -> None:
    assert node_output("parser", slow.stream(end)) == SEEN


def test_the_openai_clients_see_the_text_alone(slow: Slow) -> None:
    assert node_output("openai", f"{slow.url}/v1") == WORDS
    assert python_output("openai", f"{slow.url}/v1", "agno-3.1.10") == WORDS


def test_the_a2a_clients_see_the_text_alone(slow: Slow) -> None:
    agent = f"{slow.url}/a2a/agents/slow/"
    assert node_output("a2a", agent) == WORDS
    assert python_output("a2a_1", agent, "adk") == WORDS
    assert python_output("a2a_03", agent, "agno-3.1.10") == WORDS


def test_the_mcp_clients_see_the_result_alone(slow: Slow) -> None:
    server, text = f"{slow.url}/mcp", "".join(WORDS)
    assert node_output("mcp", server, "faces-mcp-node") == [text, text]
    for environment in ("faces-mcp-1", "faces-mcp-2"):
        assert python_output("mcp", server, environment, str(HERE / "mcp")) == [text]


@pytest.mark.parametrize("release", RELEASES)
def test_agnos_client_sees_the_events_alone(slow: Slow, release: str) -> None:
    command = [python_of(release), str(HERE / "heartbeat_client.py"), "agno", slow.url]
    assert output_of(command) == [event["event"] for event in EVENTS]
