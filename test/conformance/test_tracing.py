"""Tests the trace context at a real AgentOS: unchanged without tracing, part of the gateway's trace with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caller import Answer, Caller
from child import Child, free_port
from collector import Collector
from rig import PROJECT, Rig, Upstream, gateway_command

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
HEADERS = {"traceparent": TRACEPARENT, "tracestate": "vendor=opaque"}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def tracing_url(rig: Rig, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Starts another gateway with the rig's configuration that exports traces."""
    directory = tmp_path_factory.mktemp("tracing")
    config = rig.children[-1].log.parent / "gateway.yaml"
    port = free_port()
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    child = Child("tracing", gateway_command(config, port), directory / "gateway.log", cwd=PROJECT, env=env)
    try:
        child.wait_until_answering(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


def run(url: str, upstream: Upstream, stream: str) -> Answer:
    caller = Caller(url, tap=upstream.tap)
    try:
        form = {"message": "hello world", "stream": stream, "session_id": "traced"}
        answer = caller.post(f"/agents/{upstream.agent}/runs", data=form, headers=HEADERS)
        assert answer.status == 200
        return answer
    finally:
        caller.close()


def seen_by_agentos(answer: Answer) -> dict[str, str]:
    assert answer.exchange is not None
    return dict(answer.exchange.request_headers)


def test_without_tracing_the_agentos_receives_the_callers_context(rig: Rig, upstream: Upstream) -> None:
    headers = seen_by_agentos(run(rig.gateway_url, upstream, "true"))
    assert {name: headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("stream", ["true", "false"])
def test_with_tracing_the_agentos_joins_the_gateways_trace(
    tracing_url: str, collector: Collector, upstream: Upstream, stream: str
) -> None:
    answer = run(tracing_url, upstream, stream)
    headers = seen_by_agentos(answer)
    server = collector.find(lambda span: span.attributes.get("agentos.run_id") == answer.run_id)
    attempt = collector.find(lambda span: span.parent_id == server.span_id)
    assert server.trace_id == attempt.trace_id == TRACE_ID
    assert server.parent_id == TRACEPARENT.split("-")[2]
    assert server.name == "POST /agents/{id}/runs"
    assert server.attributes["agentos.component"] == f"agents/{upstream.agent}"
    assert server.attributes["agentos.session_id"] == "traced"
    assert headers["traceparent"] == f"00-{TRACE_ID}-{attempt.span_id}-01"
    assert headers["tracestate"] == HEADERS["tracestate"]
