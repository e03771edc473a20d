"""A minimal AgentOS with known bytes and delays, used behind both gateways."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# An unknown event, an unknown field, an id line and a comment, all of which an upstream may send.
EVENTS = (
    b": a comment\n\n"
    b'event: RunStarted\nid: 1\ndata: {"event":"RunStarted","agent_id":"a","run_id":"r1","session_id":"s1","created_at":1}\n\n'
    b'event: FromTheFuture\nid: 2\ndata: {"event":"FromTheFuture","agent_id":"a","run_id":"r1","news":true}\n\n'
    b'event: RunCompleted\nid: 3\ndata: {"event":"RunCompleted","agent_id":"a","run_id":"r1","session_id":"s1","content":"done",'
    b'"created_at":1,"field_of_tomorrow":42}\n\n'
)


class ScriptedAgentOS:
    """Serves one agent on a port of 127.0.0.1 until closed; `port` 0 picks a free one."""

    def __init__(self, agent_id: str, port: int = 0, token: str | None = None):
        self.agent_id = agent_id
        self.token = token
        self.delay = 0.0
        self.runs: list[tuple[dict[str, str], str]] = []
        handler = type("Bound", (_Handler,), {"agentos": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    agentos: ScriptedAgentOS

    def do_GET(self) -> None:
        agent = {"id": self.agentos.agent_id, "name": self.agentos.agent_id}
        config = {
            "os_id": f"os-{self.agentos.agent_id}",
            "databases": [],
            "agents": [agent],
            "teams": [],
            "workflows": [],
            "interfaces": [],
        }
        pages = {
            "/health": {"status": "ok"},
            "/config": config,
            "/agents": [agent],
            "/teams": [],
            "/workflows": [],
            f"/agents/{agent['id']}": agent,
        }
        path = self.path.split("?")[0]
        if self.agentos.token and path != "/health":
            if self.headers.get("authorization") != f"Bearer {self.agentos.token}":
                return self._json(401, {"detail": "Authentication required"})
        time.sleep(self.agentos.delay)
        if path in pages:
            return self._json(200, pages[path])
        if path.startswith(f"/agents/{agent['id']}/runs"):
            return self._json(200, [] if path.endswith("/runs") else {"run_id": "r1", "status": "COMPLETED"})
        return self._json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode(errors="replace")
        self.agentos.runs.append((dict(self.headers.items()), body))
        if "background" in body:
            return self._json(202, {"run_id": "r1", "session_id": "s1", "status": "PENDING"})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(EVENTS)

    def _json(self, status: int, value: object) -> None:
        payload = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""
