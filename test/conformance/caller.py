"""A client that remembers: sends requests to one base URL and keeps the answers, for comparison with another side's."""

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
    """A response as the client got it. `exchange` is what the tap saw of it, if there was a tap and it saw it."""

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
        """Of a JSON answer or of the first event."""
        return self.events[0].json["run_id"] if self.is_stream else self.json["run_id"]

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/json")

    def named(self, name: str) -> Event:
        """The first event of this name."""
        return next(event for event in self.events if event.name == name)


class Caller:
    """One side of a comparison. Every answer is recorded in `answers` unless a test asks for it not to be."""

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
        """Sends a request and reads the response to its end, or hangs up once the events so far satisfy `until`.

        `forwarded=False` says that the gateway answers this itself. `options` are those of
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
        """Asks again until the answer satisfies `until`; at most that last answer is recorded."""
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
    """An id in the form AgentOS makes them, so that the normaliser knows it for one."""
    return str(uuid.uuid4())
