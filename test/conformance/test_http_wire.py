"""Tests rare requests directly and through the gateway: unusual methods, chunked bodies, odd uses of connections."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from caller import Caller, new_id
from conform import Conformance
from connection import Reply, Wire
from normal import Normaliser
from rig import Rig, Upstream

BOUNDARY = "frontier"
Play = Callable[[Wire], Any]


def plain(value: Any) -> Any:
    """Returns the parts of an answer on which a caller relies."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Reply):
        return value
    kind = (value.headers.get("content-type") or "").partition(";")[0]
    body = json.loads(value.body) if kind == "application/json" and value.body else value.body.decode()
    return {"status": value.status, "type": kind, "body": body, "allow": value.headers.get("allow")}


@pytest.fixture
def same(rig: Rig, upstream: Upstream) -> Callable[[Play], Any]:
    """Plays a script on a connection to the AgentOS and one to the gateway; returns the result, equal for both."""

    def play(script: Play) -> Any:
        seen = []
        for url in (upstream.url, rig.gateway_url):
            with Wire(url) as wire:
                seen.append(plain(script(wire)))
        assert Normaliser().json(seen[1]) == Normaliser().json(seen[0])
        return seen[1]

    return play


def multipart(**fields: str) -> bytes:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n'
    return ("".join(parts) + file + f"Content-Type: text/plain\r\n\r\nabc\r\n--{BOUNDARY}--\r\n").encode()


def chunked(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_chunked_form_is_accepted(same: Callable[[Play], Any], upstream: Upstream, size: int) -> None:
    def script(wire: Wire) -> Reply:
        wire.send(f"""POST /agents/{upstream.agent}/runs HTTP/1.1
            Host: HOST
            Content-Type: multipart/form-data; boundary={BOUNDARY}
            Transfer-Encoding: chunked""")
        for piece in chunked(multipart(message="in chunks", stream="false"), size):
            wire.write(piece)
        return wire.reply("POST")

    answer = same(script)
    assert (answer["status"], answer["body"]["content"]) == (200, "You said: in chunks")


def test_a_body_is_requested_with_100_continue(same: Callable[[Play], Any], upstream: Upstream) -> None:
    body = multipart(message="expected", stream="false")

    def script(wire: Wire) -> list[Any]:
        wire.send(f"""POST /agents/{upstream.agent}/runs HTTP/1.1
            Host: HOST
            Content-Type: multipart/form-data; boundary={BOUNDARY}
            Content-Length: {len(body)}
            Expect: 100-continue""")
        told = wire.line().decode().split()[:2]
        assert wire.line().strip() == b""
        wire.write(body)
        return [told, wire.reply("POST")]

    told, answer = same(script)
    assert told == ["HTTP/1.1", "100"]
    assert answer["body"]["content"] == "You said: expected"


def test_pipelined_requests_are_answered_in_order(same: Callable[[Play], Any], upstream: Upstream) -> None:
    form = "message=first&stream=false"

    def script(wire: Wire) -> list[Reply]:
        wire.send(f"""POST /agents/{upstream.agent}/runs HTTP/1.1
            Host: HOST
            Content-Type: application/x-www-form-urlencoded
            Content-Length: {len(form)}""", form.encode() + b"".join(
            f"GET {path} HTTP/1.1\r\nHost: {wire.netloc}\r\n\r\n".encode()
            for path in (f"/agents/{upstream.agent}", "/agents/nobody", f"/teams/{upstream.team}")
        ))
        return [wire.reply("POST"), *[wire.reply() for _ in range(3)]]

    answers = same(script)
    assert [answer["status"] for answer in answers] == [200, 200, 404, 200]


@pytest.mark.parametrize("path", ["/agents/{agent}", "/agents/nobody", "/teams/{team}"])
def test_a_caller_of_http_1_0_is_answered(same: Callable[[Play], Any], upstream: Upstream, path: str) -> None:
    def script(wire: Wire) -> list[Any]:
        wire.send(f"GET {path.format(agent=upstream.agent, team=upstream.team)} HTTP/1.0")
        return [wire.reply(), wire.is_ended()]

    assert same(script)[1] is True


def test_a_stream_to_a_caller_of_http_1_0_ends_with_its_connection(rig: Rig, upstream: Upstream) -> None:
    form = "message=old&stream=true"

    def streamed(url: str) -> list[str]:
        with Wire(url) as wire:
            wire.send(f"""POST /agents/{upstream.agent}/runs HTTP/1.0
                Content-Type: application/x-www-form-urlencoded
                Content-Length: {len(form)}""", form.encode())
            reply = wire.reply("POST")
            assert (reply.status, reply.headers.get("transfer-encoding")) == (200, None)
            assert wire.is_ended()
            return [line for line in reply.body.decode().splitlines() if line.startswith("event:")]

    through = streamed(rig.gateway_url)
    assert through == streamed(upstream.url)
    assert through[-1] == "event: RunCompleted"


def test_a_target_with_scheme_and_host_is_served_by_the_gateway(rig: Rig, upstream: Upstream) -> None:
    """RFC 9112 section 3.2.2 requires it of every server; AgentOS refuses it."""
    for url, statuses in ((upstream.url, (400, 404)), (rig.gateway_url, (200,))):
        with Wire(url) as wire:
            wire.send(f"GET http://HOST/agents/{upstream.agent} HTTP/1.1\nHost: HOST")
            assert wire.reply().status in statuses


PATHS = [
    "/agents/{agent}",
    "/agents/nobody",
    "/agents/{agent}/runs",
    "/agents/nobody/runs",
    "/agents/{agent}/runs/x",
    "/agents/{agent}/runs/x/cancel",
    "/teams/{team}/runs",
    "/workflows/{workflow}/runs",
    "/sessions?type=agent&db_id={db}",
    "/sessions/x",
    "/knowledge/config",
    "/config",
    "/health",
]


def asked(url: str, method: str, path: str, upstream: Upstream) -> Reply:
    names = {"agent": upstream.agent, "team": upstream.team, "workflow": upstream.workflow, "db": upstream.db}
    with Wire(url) as wire:
        wire.send(f"{method} {path.format(**names)} HTTP/1.1\nHost: HOST")
        return wire.reply(method)


@pytest.mark.parametrize("path", PATHS)
def test_options_without_an_origin_answers_with_the_allowed_methods(rig: Rig, upstream: Upstream, path: str) -> None:
    direct, through = (asked(url, "OPTIONS", path, upstream) for url in (upstream.url, rig.gateway_url))
    assert (through.status, through.body) == (direct.status, direct.body) == (405, b'{"detail":"Method Not Allowed"}')
    # AgentOS lists the methods of the first handler of a path, the gateway those of all.
    assert set(direct.headers["allow"].split(", ")) <= set(through.headers["allow"].split(", "))


@pytest.mark.parametrize("path", ["/agents/{agent}/runs", "/agents/{agent}/runs/x", "/teams/{team}/runs"])
def test_head_of_a_forwarded_route_is_answered_as_agentos_does(rig: Rig, upstream: Upstream, path: str) -> None:
    direct, through = (asked(url, "HEAD", path, upstream) for url in (upstream.url, rig.gateway_url))
    assert (through.status, through.headers["allow"]) == (direct.status, direct.headers["allow"])


@pytest.mark.parametrize("path", ["/health", "/info", "/config", "/agents", "/agents/{agent}"])
def test_head_of_an_own_answer_equals_get_without_its_body(rig: Rig, upstream: Upstream, path: str) -> None:
    head, get = (asked(rig.gateway_url, method, path, upstream) for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_repeated_headers_and_query_keys_are_forwarded(conform: Conformance, upstream: Upstream) -> None:
    twice = [("x-thing", "one"), ("x-thing", "two"), ("accept", "application/json"), ("accept", "*/*")]

    def scenario(caller: Caller) -> None:
        session = new_id()
        form = [("message", "first"), ("message", "second"), ("stream", "false"), ("session_id", session)]
        body = "&".join(f"{name}={value}" for name, value in form)
        kind = [("content-type", "application/x-www-form-urlencoded")]
        answer = caller.post(f"/agents/{upstream.agent}/runs", content=body, headers=[*twice, *kind])
        assert answer.json["content"] == "You said: second"
        query = f"db_id={upstream.db}&type=agent&user_id=b&x=a&x=b&limit=1&limit=2"
        assert caller.get(f"/sessions?{query}", headers=twice).status == 200
        assert caller.get(f"/agents/{upstream.agent}/runs?session_id=x&session_id={session}").status == 200

    through = conform(upstream, scenario)
    sent = [value for name, value in through.answers[0].exchange.request_headers if name == "x-thing"]
    assert sent == ["one", "two"] or sent == ["one, two"]


# Each with a body that both releases refuse for a missing member and one that has a member of another type.
REFUSED_BODIES = {
    "/eval-runs": ('{"input":"x"}', '{"input":{},"eval_type":"accuracy"}'),
    "/knowledge/search": ("{}", '{"query":5}'),
    "/learnings": ('{"content":{}}', '{"learning_type":5,"content":{}}'),
    "/memories": ('{"topics":[]}', '{"memory":5}'),
    "/optimize-memories": ("{}", '{"user_id":["u"]}'),
    "/schedules": ('{"name":"n","cron_expr":"* * * * *"}', '{"name":1,"cron_expr":"* * * * *","endpoint":"/agents/x/runs"}'),
    "/service-accounts": ("{}", '{"name":true}'),
    "/sessions": (None, '{"user_id":5}'),
}


@pytest.mark.parametrize("path", REFUSED_BODIES)
def test_a_body_that_every_release_refuses_gets_agentos_own_words(same: Callable[[Play], Any], path: str) -> None:
    missing, mistyped = REFUSED_BODIES[path]
    bodies = ["no json", "[]", mistyped] + ([missing, ""] if missing else [])

    def script(wire: Wire) -> list[Reply]:
        answers = []
        for body in bodies:
            wire.send(f"""POST {path} HTTP/1.1
                Host: HOST
                Content-Type: application/json
                Content-Length: {len(body)}""", body.encode())
            answers.append(wire.reply("POST"))
        return answers

    assert [reply["status"] for reply in same(script)] == [422] * len(bodies)
