"""Compares this gateway with Agno's own (an AgentOS whose agents are RemoteAgents), row by row.

    python examples/compare/compare.py            every row
    python examples/compare/compare.py events     one of them; --list names them

Needs a Python with agno[os] and a `npm ci` in this project. Ports are free ones of 127.0.0.1; nothing is left running.
The exit code is 1 when this gateway does not do what the README says of it.
"""

import argparse
import http.client
import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from scripted_agentos import EVENTS, ScriptedAgentOS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
START_SECONDS = 30


class Gateway:
    """A running gateway of either kind, in front of agents given by id."""

    def __init__(self, process: subprocess.Popen[bytes], port: int):
        self.process = process
        self.port = port

    def ask(self, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = urllib.parse.urlencode(form) if form is not None else None
        sent = {**({"content-type": "application/x-www-form-urlencoded"} if form is not None else {}), **(headers or {})}
        try:
            connection.request("POST" if form is not None else "GET", path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


Start = Callable[[dict[str, str], float], AbstractContextManager[Gateway | None]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def run(command: list[str], port: int) -> Iterator[Gateway | None]:
    """Returns the gateway once it answers `/health`; None when it exits instead."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    gateway = Gateway(process, port)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if process.poll() is not None:
                yield None
                return
            try:
                gateway.ask("/health")
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no answer from {command[0]} within {START_SECONDS} s") from None
                time.sleep(0.05)
        yield gateway
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def agno_gateway(agents: dict[str, str], config_ttl: float) -> Iterator[Gateway | None]:
    port = free_port()
    pairs = [f"{agent_id}={url}" for agent_id, url in agents.items()]
    with run([sys.executable, str(HERE / "agno_gateway.py"), str(port), str(config_ttl), *pairs], port) as gateway:
        yield gateway


@contextmanager
def this_gateway(agents: dict[str, str], config_ttl: float) -> Iterator[Gateway | None]:
    port = free_port()
    members = [{"base_url": url, "agent_id": agent_id, "config_ttl": config_ttl} for agent_id, url in agents.items()]
    node = ROOT / "node_modules" / ".bin" / "node"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "gateway.json"
        config.write_text(json.dumps({"agents": members}))
        command = [str(node) if node.exists() else "node", "server.ts", "--config", str(config), "--port", str(port)]
        with run(command, port) as gateway:
            yield gateway


def wait_until_listed(gateway: Gateway, count: int) -> None:
    """Waits until the gateway has discovered its upstreams."""
    for _ in range(100):
        status, body = gateway.ask("/agents")
        if status == 200 and len(json.loads(body)) >= count:
            return
        time.sleep(0.1)


@contextmanager
def both_up(start: Start, config_ttl: float = 300) -> Iterator[tuple[Gateway, ScriptedAgentOS, ScriptedAgentOS]]:
    with ExitStack() as stack:
        a, b = ScriptedAgentOS("a"), ScriptedAgentOS("b")
        stack.callback(a.close)
        gateway = stack.enter_context(start({"a": a.url, "b": b.url}, config_ttl))
        if gateway is None:
            raise RuntimeError("the gateway did not start though both upstreams are up")
        wait_until_listed(gateway, 2)
        yield gateway, a, b


def down(start: Start) -> str:
    """Start while one of two upstreams is down"""
    a = ScriptedAgentOS("a")
    try:
        with start({"a": a.url, "b": f"http://127.0.0.1:{free_port()}"}, 300) as gateway:
            return "does not start" if gateway is None else f"starts, /health {gateway.ask('/health')[0]}"
    finally:
        a.close()


def jwt(start: Start) -> str:
    """Start while an upstream asks for a token"""
    a = ScriptedAgentOS("a", token="secret")
    try:
        with start({"a": a.url}, 300) as gateway:
            if gateway is None:
                return "does not start"
            status, _ = gateway.ask("/agents/a", headers={"authorization": "Bearer secret"})
            return f"starts; with the token /agents/a is {status}"
    finally:
        a.close()


def lost(start: Start) -> str:
    """One of two upstreams goes down later: GET /agents and /config"""
    with both_up(start, config_ttl=1) as (gateway, _, b):
        gateway.ask("/config")
        b.close()
        time.sleep(2)
        status, body = gateway.ask("/agents")
        listed = f" with {len(json.loads(body))} of 2 agents" if status == 200 else ""
        return f"/agents {status}{listed}, /config {gateway.ask('/config')[0]}"


def freeze(start: Start) -> str:
    """/health while an upstream takes 5 s to say its config, and the cached one is out of date"""
    # The lifetime is longer than the delay, so that a fetched config is not stale immediately.
    with both_up(start, config_ttl=12) as (gateway, a, _):
        gateway.ask("/config")
        time.sleep(12.5)
        a.delay = 5
        asker = threading.Thread(target=gateway.ask, args=("/config",))
        asker.start()
        time.sleep(0.2)
        started = time.monotonic()
        gateway.ask("/health")
        waited = time.monotonic() - started
        asker.join()
        return f"answers after {waited:.1f} s" if waited >= 0.1 else "answers in under 0.1 s"


def events(start: Start) -> str:
    """Bytes of an event stream with a comment, ids, an unknown event and an unknown field"""
    with both_up(start) as (gateway, _, _b):
        _, body = gateway.ask("/agents/a/runs", {"message": "hi", "stream": "true"})
        if body == EVENTS:
            return "the same bytes"
        parts = {"comment": b": a comment", "ids": b"id: 2", "unknown event": b"FromTheFuture", "unknown field": b"field_of_tomorrow"}
        lost_parts = [name for name, mark in parts.items() if mark not in body]
        return f"other bytes; lost: {', '.join(lost_parts) or 'nothing'}"


def refused(start: Start) -> str:
    """Background run, list of runs, one run"""
    with both_up(start) as (gateway, _, _b):
        background, _ = gateway.ask("/agents/a/runs", {"message": "hi", "stream": "false", "background": "true"})
        listed, _ = gateway.ask("/agents/a/runs?session_id=s1")
        polled, _ = gateway.ask("/agents/a/runs/r1?session_id=s1")
        return f"{background}, {listed}, {polled}"


def headers(start: Start) -> str:
    """Request headers that reach the upstream: authorization, traceparent, x-request-id, x-custom"""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = {"authorization": "Bearer t", "traceparent": trace, "x-request-id": "id-1", "x-custom": "kept"}
    with both_up(start) as (gateway, a, _):
        gateway.ask("/agents/a/runs", {"message": "hi", "stream": "true"}, sent)
        received = {name.lower(): value for name, value in a.runs[-1][0].items()}
        arrived = [name for name, value in sent.items() if received.get(name) == value]
        return ", ".join(arrived) or "none"


def form(start: Start) -> str:
    """Form fields the upstream gets when the client sends message, stream and output_schema"""
    schema = json.dumps({"title": "City", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
    sent = {"message": "hi", "stream": "true", "output_schema": schema}
    with both_up(start) as (gateway, a, _):
        gateway.ask("/agents/a/runs", sent)
        if not a.runs:
            return "the run never arrives"
        received = dict(urllib.parse.parse_qsl(a.runs[-1][1]))
        if received == sent:
            return "the same"
        wrong = [f"{name}={value[:40]}" for name, value in received.items() if value != sent.get(name)]
        return f"changed or added: {'; '.join(wrong)}"


# The claims of the README about this gateway.
PROMISED = {
    "down": "starts, /health 200",
    "jwt": "starts; with the token /agents/a is 200",
    "lost": "/agents 200 with 2 of 2 agents, /config 200",
    "freeze": "answers in under 0.1 s",
    "events": "the same bytes",
    "refused": "202, 200, 200",
    "headers": "authorization, traceparent, x-request-id, x-custom",
    "form": "the same",
}
ROWS = {row.__name__: row for row in (down, jwt, lost, freeze, events, refused, headers, form)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    parser.add_argument("--list", action="store_true", help="name the rows")
    arguments = parser.parse_args()
    if arguments.list:
        for name, row in ROWS.items():
            print(f"{name:9} {row.__doc__}")
        return
    unknown = [name for name in arguments.rows if name not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]}; there are {' '.join(ROWS)}")
    os.environ["AGNO_TELEMETRY"] = "false"
    print(f"Agno {importlib.metadata.version('agno')}")
    broken = []
    for name in arguments.rows or ROWS:
        print(f"\n{name}: {ROWS[name].__doc__}")
        print(f"  Agno's gateway  {ROWS[name](agno_gateway)}", flush=True)
        ours = ROWS[name](this_gateway)
        print(f"  this gateway    {ours}", flush=True)
        if ours != PROMISED[name]:
            broken.append(name)
            print(f"  PROMISED        {PROMISED[name]}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
