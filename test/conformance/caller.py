"""A recording client: sends requests to one base URL and keeps the answers for the comparison."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from normal import Event, parse_events
from tap import ID_HEADER, Exchange, Tap

LIMIT_SECONDS = 30
POLL_SECONDS = 0.1


@dataclass
class Answer:
    """A response as the client received it. `exchange` is the tap's record of it, if there is one."""

    request: httpx.Request
    status: int
    headers: httpx.Headers
    body: bytes
    cut: bool
    expect_forwarded: bool
    exchange: Exchange | None = None

    @property
    def json(self) -> Any:
        return httpx.Response(self.status, content=self.body).json()

    @property
    def events(self) -> list[Event]:
        return parse_events(self.body)

    @property
    def run_id(self) -> str:
        """Taken from a JSON answer or from the first event."""
        return self.events[0].json["run_id"] if self.is_stream else self.json["run_id"]

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/json")

    def named(self, name: str) -> Event:
        """Returns the first event of this name."""
        return next(event for event in self.events if event.name == name)


class Caller:
    """One side of a comparison. It records every answer in `answers` unless a test disables that."""

    def __init__(
        self,
        base_url: str,
        *,
        tap: Tap | None = None,
        headers: dict[str, str] | None = None,
        keeps_connections: bool = True,
    ) -> None:
        self.answers: list[Answer] = []
        self._tap = tap
        self._client = httpx.Client(
            base_url=base_url,
            headers=headers,
            timeout=httpx.Timeout(LIMIT_SECONDS),
            limits=httpx.Limits() if keeps_connections else httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.send("POST", path, **options)

    def send(
        self,
        method: str,
        path: str,
        *,
        until: Callable[[list[Event]], bool] | None = None,
        forwarded: bool = True,
        recorded: bool = True,
        **options: Any,
    ) -> Answer:
        """Sends a request and reads the response to its end, or disconnects once the events satisfy `until`.

        `forwarded=False` marks a request that the gateway answers itself. `options` are those of
        `httpx.Client.build_request`.
        """
        request_id = uuid.uuid4().hex
        request = self._client.build_request(method, path, **options)
        request.headers[ID_HEADER] = request_id
        request.read()
        body = bytearray()
        cut = False
        deadline = time.monotonic() + LIMIT_SECONDS
        response = self._client.send(request, stream=True)
        try:
            for chunk in response.iter_raw():
                body += chunk
                if until and until(parse_events(bytes(body))):
                    cut = True
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{method} {path} did not end within {LIMIT_SECONDS} s: {bytes(body[-500:])!r}")
        finally:
            response.close()
        answer = Answer(request, response.status_code, response.headers, bytes(body), cut, forwarded)
        if self._tap:
            answer.exchange = self._tap.find(request_id)
        if recorded:
            self.answers.append(answer)
        return answer

    def poll(self, path: str, until: Callable[[Answer], bool], *, recorded: bool = True, **options: Any) -> Answer:
        """Repeats a request until the answer satisfies `until`; records only that last answer."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            answer = self.get(path, recorded=False, **options)
            if until(answer):
                if recorded:
                    self.answers.append(answer)
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"GET {path} never satisfied the test: {answer.status} {answer.body[-500:]!r}")
            time.sleep(POLL_SECONDS)


def new_id() -> str:
    """Returns an id in AgentOS's format, which the normaliser recognises."""
    return str(uuid.uuid4())
