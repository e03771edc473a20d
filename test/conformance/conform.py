"""Compares: a scenario must give equal results directly at an AgentOS and through the gateway.

For each answer that crossed the tap, the client must also have received exactly the bytes that the AgentOS
sent, and the AgentOS exactly the bytes that the client sent.
"""

from collections.abc import Callable
from typing import Any

import httpx

from caller import Answer, Caller
from normal import Normaliser
from rig import Rig, Upstream

Scenario = Callable[[Caller], None]

# Headers of the connection or the moment, not of the answer.
CONNECTION_HEADERS = {"connection", "keep-alive", "transfer-encoding", "date", "server"}
# Headers that the gateway adds: for tracing, against buffering, and the age of a cached card.
GATEWAY_HEADERS = {"x-request-id", "x-accel-buffering", "age"}


def end_to_end(headers: httpx.Headers, *, through_gateway: bool) -> dict[str, Any]:
    """Returns the headers on which a client may rely."""
    kept: dict[str, Any] = {}
    for name, value in headers.items():
        if name in CONNECTION_HEADERS or name.startswith("access-control-"):
            continue  # CORS is the gateway's own decision and has its own test
        if through_gateway and (name in GATEWAY_HEADERS or name.startswith("x-agentos-")):
            continue
        kept[name] = value
    if kept.get("content-type", "").startswith("text/event-stream"):
        # The gateway adds it so that no cache holds events back; AgentOS omits it.
        if through_gateway and kept.get("cache-control") == "no-cache":
            del kept["cache-control"]
    # Part of CORS; refusals of 2.9.0 omit it.
    varied = {part.strip().lower() for part in kept.pop("vary", "").split(",")} - {"", "origin"}
    return {**kept, "vary": sorted(varied)} if varied else kept


def comparable(answer: Answer, normaliser: Normaliser, *, through_gateway: bool) -> dict[str, Any]:
    headers = end_to_end(answer.headers, through_gateway=through_gateway)
    # Durations have no fixed width; the HTTP client has checked that the length fits the body.
    headers.pop("content-length", None)
    if answer.is_stream:
        body: Any = [normaliser.event(event) for event in answer.events]
    elif answer.is_json and answer.body:
        body = normaliser.json(answer.json)
    else:
        body = normaliser.text(answer.body.decode(errors="replace"))
    request = f"{answer.request.method} {normaliser.text(answer.request.url.raw_path.decode())}"
    return {"request": request, "status": answer.status, "headers": headers, "body": body}


def assert_untouched(answer: Answer) -> None:
    """Checks that the client received what the AgentOS sent, and the AgentOS what the client sent."""
    exchange = answer.exchange
    where = f"{answer.request.method} {answer.request.url.raw_path.decode()}"
    assert exchange is not None, f"{where} did not reach the AgentOS with its headers; answered {answer.body[:300]!r}"
    if answer.cut:
        assert bytes(exchange.body).startswith(answer.body), f"{where}: the stream's bytes differ"
    else:
        assert exchange.complete, f"{where}: the AgentOS had not finished its response"
        assert answer.body == bytes(exchange.body), f"{where}: the bytes differ"
    assert answer.status == exchange.status
    sent = end_to_end(httpx.Headers(exchange.headers), through_gateway=False)
    assert end_to_end(answer.headers, through_gateway=True) == sent, f"{where}: the headers differ"
    assert bytes(exchange.request_body) == answer.request.content, f"{where}: the request body differs"
    assert exchange.target == answer.request.url.raw_path.decode(), f"{where}: the target differs"


class Conformance:
    """Plays scenarios on both sides."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def play(
        self, upstream: Upstream, scenario: Scenario, headers: dict[str, str] | None = None
    ) -> tuple[Caller, Caller]:
        """Plays without comparing; returns the direct caller and the one that used the gateway."""
        direct = Caller(upstream.url, headers=headers)
        through = Caller(self._rig.gateway_url, tap=upstream.tap, headers=headers)
        for caller in (direct, through):
            try:
                scenario(caller)
            finally:
                caller.close()
        return direct, through

    def __call__(self, upstream: Upstream, scenario: Scenario, headers: dict[str, str] | None = None) -> Caller:
        """Plays and compares; returns the caller that used the gateway, for further assertions."""
        direct, through = self.play(upstream, scenario, headers)
        assert len(direct.answers) == len(through.answers)
        left, right = Normaliser(), Normaliser()
        for plain, relayed in zip(direct.answers, through.answers, strict=True):
            expected = comparable(plain, left, through_gateway=False)
            assert comparable(relayed, right, through_gateway=True) == expected
            if relayed.expect_forwarded:
                assert_untouched(relayed)
        return through
