"""What is rare on the wire: methods nobody asks for, bodies in chunks, connections used in odd ways. Straight and through."""

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
    """Of an answer what a caller relies on."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Reply):
        return value
    kind = (value.headers.get("content-type") or "").partition(";")[0]
    body = json.loads(value.body) if kind == "application/json" and value.body else value.body.decode()
    return {"status": value.status, "type": kind, "body": body, "allow": value.headers.get("allow")}


@pytest.fixture
def same(rig: Rig, upstream: Upstream) -> Callable[[Play], Any]:
    """Plays on a connection to the AgentOS and on one to the gateway, and gives what both came to."""

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
def test_a_form_in_chunks(same: Callable[[Play], Any], upstream: Upstream, size: int) -> None:
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


def test_a_body_is_asked_for(same: Callable[[Play], Any], upstream: Upstream) -> None:
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


def test_requests_one_behind_the_other(same: Callable[[Play], Any], upstream: Upstream) -> None:
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
def test_a_caller_of_http_1_0(same: Callable[[Play], Any], upstream: Upstream, path: str) -> None:
    def script(wire: Wire) -> list[Any]:
        wire.send(f"GET {path.format(agent=upstream.agent, team=upstream.team)} HTTP/1.0")
        return [wire.reply(), wire.is_ended()]

    assert same(script)[1] is True


def test_a_stream_to_a_caller_of_http_1_0(rig: Rig, upstream: Upstream) -> None:
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


def test_a_target_with_scheme_and_host_is_not_taken(rig: Rig, upstream: Upstream) -> None:
    for url in (upstream.url, rig.gateway_url):
        with Wire(url) as wire:
            wire.send(f"GET http://HOST/agents/{upstream.agent} HTTP/1.1\nHost: HOST")
            assert wire.reply().status in (400, 404)


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
def test_options_without_an_origin_says_which_methods_there_are(rig: Rig, upstream: Upstream, path: str) -> None:
    direct, through = (asked(url, "OPTIONS", path, upstream) for url in (upstream.url, rig.gateway_url))
    assert (through.status, through.body) == (direct.status, direct.body) == (405, b'{"detail":"Method Not Allowed"}')
    # AgentOS names those of the first of its handlers for a path, the gateway of all.
    assert set(direct.headers["allow"].split(", ")) <= set(through.headers["allow"].split(", "))


@pytest.mark.parametrize("path", ["/agents/{agent}/runs", "/agents/{agent}/runs/x", "/teams/{team}/runs"])
def test_head_of_what_is_passed_on_is_answered_as_agentos_answers_it(rig: Rig, upstream: Upstream, path: str) -> None:
    direct, through = (asked(url, "HEAD", path, upstream) for url in (upstream.url, rig.gateway_url))
    assert (through.status, through.headers["allow"]) == (direct.status, direct.headers["allow"])


@pytest.mark.parametrize("path", ["/health", "/info", "/config", "/agents", "/agents/{agent}"])
def test_head_of_what_the_gateway_answers_is_a_get_without_its_body(rig: Rig, upstream: Upstream, path: str) -> None:
    head, get = (asked(rig.gateway_url, method, path, upstream) for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_headers_said_twice_and_keys_repeated(conform: Conformance, upstream: Upstream) -> None:
    twice = [("x-thing", "one"), ("x-thing", "two"), ("accept", "application/json"), ("accept", "*/*")]

    def scenario(caller: Caller) -> None:
        session = new_id()
        form = [("message", "first"), ("message", "second"), ("stream", "false"), ("session_id", session)]
        body = "&".join(f"{name}={value}" for name, value in form)
        kind = [("content-type", "application/x-www-form-urlencoded")]
        answer = caller.post(f"/agents/{upstream.agent}/runs", content=body, headers=[*twice, *kind])
        assert answer.json["content"] == "You said: second"
        query = f"db_id={upstream.db}&type=team&type=agent&user_id=a&user_id=b&limit=1&limit=2"
        assert caller.get(f"/sessions?{query}", headers=twice).status == 200
        assert caller.get(f"/agents/{upstream.agent}/runs?session_id=x&session_id={session}").status == 200

    through = conform(upstream, scenario)
    sent = [value for name, value in through.answers[0].exchange.request_headers if name == "x-thing"]
    assert sent == ["one", "two"] or sent == ["one, two"]
