"""An OpenTelemetry collector that stores the spans it receives as JSON over HTTP."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT_SECONDS = 30
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Span:
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    attributes: dict[str, Any]


class Collector:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                spans.extend(spans_in(json.loads(self._body())))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def _body(self) -> bytes:
                """Reads a body of known length or in chunks (RFC 9112 §7.1)."""
                if length := self.headers["content-length"]:
                    return self.rfile.read(int(length))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                return body

            def log_message(self, format: str, *args: object) -> None:
                """Silent, because no test reads this log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def find(self, matches: Callable[[Span], bool]) -> Span:
        """Returns the first matching span, waiting for it if needed."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            if found := next((span for span in list(self.spans) if matches(span)), None):
                return found
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"no such span among {[span.name for span in self.spans]}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def spans_in(request: dict[str, Any]) -> list[Span]:
    return [
        Span(
            span["traceId"],
            span["spanId"],
            span.get("parentSpanId", ""),
            span["name"],
            {pair["key"]: next(iter(pair["value"].values())) for pair in span["attributes"]},
        )
        for resource in request["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
