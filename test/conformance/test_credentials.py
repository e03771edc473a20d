"""Tests every policy of `credentials` against AgentOS servers that check signature, audience and scopes."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from caller import LIMIT_SECONDS, POLL_SECONDS, Answer, Caller, new_id
from credentials_rig import (
    API_KEY,
    GATEWAY_AUDIENCE,
    TTL_SECONDS,
    CredentialsRig,
    Entry,
    Gateway,
    Server,
    caller_token,
    claims_of,
    running_credentials_rig,
)
from rig import RELEASES
from test_websocket import opened
from tokens import bearer

ADMIN = ["agent_os:admin"]
FORM = {"message": "hello", "stream": "false"}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CredentialsRig]:
    yield from running_credentials_rig(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(params=[f"{release}-{algorithm}" for release in RELEASES for algorithm in ("HS256", "RS256")])
def server(credentials: CredentialsRig, request: pytest.FixtureRequest) -> Server:
    return credentials.server(*request.param.split("-"))


@pytest.fixture
def shared(credentials: CredentialsRig, release: str) -> Server:
    """The server of this release that the gateway `policies` knows under several names."""
    return credentials.server(release, "HS256")


@pytest.fixture
def minting(credentials: CredentialsRig) -> Iterator[Callable[..., Caller]]:
    """Creates callers of the minting gateway from their scopes."""
    yield from callers_of(credentials, credentials.minting)


@pytest.fixture
def policies(credentials: CredentialsRig) -> Iterator[Callable[..., Caller]]:
    yield from callers_of(credentials, credentials.policies)


def callers_of(credentials: CredentialsRig, gateway: Gateway) -> Iterator[Callable[..., Caller]]:
    made: list[Caller] = []

    def caller(scopes: list[str], **claims: Any) -> Caller:
        token = caller_token(scopes, **claims)
        credentials.shown.append(token)
        made.append(Caller(gateway.url, headers=bearer(token)))
        return made[-1]

    yield caller
    for each in made:
        each.close()


def until(ask: Callable[[], Answer], status: int) -> Answer:
    """Repeats a request until its answer has this status."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while (answer := ask()).status != status:
        assert time.monotonic() < deadline, (answer.status, answer.body[:300])
        time.sleep(POLL_SECONDS)
    return answer


def wait_until_refused(server: Server, authorization: str) -> None:
    """Waits until the server refuses a token."""
    caller = Caller(server.url, headers={"authorization": authorization})
    until(lambda: caller.get("/sessions", params={"db_id": server.db}), 401)
    caller.close()


class TestMint:
    """Policy `mint`: a token per caller and server, with the server's key and audience and a short lifetime."""

    def test_a_minted_token_runs_a_caller_unknown_to_the_server(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        scopes = [f"agents:{server.component()}:run", "agents:elsewhere:run", "sessions:read"]
        caller = minting(scopes, subject="somebody")
        path = f"/agents/{server.component()}/runs"
        straight = httpx.post(server.url + path, data=FORM, headers=bearer(caller_token(scopes)))
        assert straight.status_code == 401
        answer = caller.post(path, data=FORM)
        assert (answer.status, answer.json["content"]) == (200, "You said: hello")
        claims = credentials.minting.entries[server.name].tokens_of(path)[-1]
        assert claims["aud"] == server.audience
        assert claims["sub"] == "somebody"
        assert claims["scopes"] == sorted([f"agents:{server.component()}:run", "sessions:read"])
        assert claims["exp"] - claims["iat"] == TTL_SECONDS

    def test_a_minted_token_is_reused_and_renewed_before_it_expires(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        caller = minting(ADMIN, subject=new_id())
        entry = credentials.minting.entries[server.name]
        for _ in range(3):
            assert caller.get("/sessions", params={"db_id": server.db}).status == 200
        mine = [c for c in entry.tokens_of("/sessions") if c["sub"] == claims_of_caller(caller)["sub"]]
        assert len(mine) == 3
        assert mine[0] == mine[1]
        first = mine[0]
        deadline = time.monotonic() + LIMIT_SECONDS
        while mine[-1] == first:
            assert time.monotonic() < deadline
            assert caller.get("/sessions", params={"db_id": server.db}).status == 200
            mine = [c for c in entry.tokens_of("/sessions") if c["sub"] == first["sub"]]
        # Every token that was sent was still valid.
        assert mine[-1]["iat"] <= first["exp"]

    def test_a_minted_token_does_not_outlive_the_callers_token(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        subject = new_id()
        token = caller_token(ADMIN, subject, expires_in=2)
        params = {"db_id": server.db}
        answer = httpx.get(f"{credentials.minting.url}/sessions", params=params, headers=bearer(token))
        assert answer.status_code == 200
        entry = credentials.minting.entries[server.name]
        mine = next(c for c in entry.tokens_of("/sessions") if c["sub"] == subject)
        assert mine["exp"] == claims_of(token)["exp"]

    def test_lists_contain_only_components_the_caller_may_read(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        caller = minting([f"agents:{server.component()}:read", "config:read"])
        assert [card["id"] for card in caller.get("/agents").json] == [server.component()]
        config = caller.get("/config").json
        assert [card["id"] for card in config["agents"]] == [server.component()]
        assert caller.get("/teams").status == 403
        assert caller.get(f"/agents/{server.component()}").status == 200
        assert caller.get(f"/agents/{server.component('hitl')}").status == 403

    def test_merged_lists_are_read_with_one_token_per_server(
        self, credentials: CredentialsRig, minting: Callable[..., Caller]
    ) -> None:
        subject = new_id()
        caller = minting(ADMIN, subject=subject)
        for server in credentials.servers:
            answer = caller.post(f"/agents/{server.component()}/runs", data={**FORM, "user_id": subject})
            assert answer.status == 200
        params = {"type": "agent", "user_id": subject, "limit": 100}
        answer = caller.get("/sessions", params=params)
        assert "x-agentos-partial" not in answer.headers
        assert answer.json["meta"]["total_count"] == len(credentials.servers)
        owners = {session["agent_id"] for session in answer.json["data"]}
        assert owners == {server.component() for server in credentials.servers}
        for server in credentials.servers:
            tokens = credentials.minting.entries[server.name].tokens_of("/sessions")
            mine = [claims for claims in tokens if claims["sub"] == subject]
            assert mine and all(claims["aud"] == server.audience for claims in mine)

    def test_a_socket_sends_each_server_a_token_of_its_own(
        self, credentials: CredentialsRig, minting: Callable[..., Caller]
    ) -> None:
        subject = new_id()
        with opened(credentials.minting.url) as client:
            assert client.next()["requires_auth"] is True
            client.say(action="authenticate", token=caller_token(["workflows:run"], subject))
            assert client.next()["event"] == "authenticated"
            assert client.next()["user_id"] == subject
            for server in credentials.servers:
                client.say(action="start-workflow", workflow_id=server.component("wf"), message="hi")
                assert client.until_end()[-1]["event"] == "WorkflowCompleted"
        for server in credentials.servers:
            frames = [json.loads(text) for e in credentials.minting.entries[server.name].exchanges for text in e.frames]
            shown = [claims_of(frame["token"]) for frame in frames if frame.get("action") == "authenticate"]
            mine = [claims for claims in shown if claims["sub"] == subject]
            assert [(c["aud"], c["scopes"]) for c in mine] == [(server.audience, ["workflows:run"])]

    def test_the_gateway_reads_lists_with_a_token_for_itself(self, credentials: CredentialsRig, server: Server) -> None:
        own = {"config:read", "agents:read", "teams:read", "workflows:read"}
        entry = credentials.minting.entries[server.name]
        for path in ("/agents", "/teams", "/workflows", "/config"):
            mine = [c for c in entry.tokens_of(path) if c["sub"] == GATEWAY_AUDIENCE]
            assert mine, path
            assert all(c["aud"] == server.audience and set(c["scopes"]) == own for c in mine)

    def test_a_socket_still_works_after_its_first_tokens_expired(
        self, credentials: CredentialsRig
    ) -> None:
        with opened(credentials.minting.url) as client:
            client.next()
            client.say(action="authenticate", token=caller_token(ADMIN, new_id()))
            client.next()
            client.next()
            for _ in range(2):
                for server in credentials.servers:
                    client.say(action="start-workflow", workflow_id=server.component("wf"), message="hi")
                    assert client.until_end()[-1]["event"] == "WorkflowCompleted"
                for server in credentials.servers:
                    entry = credentials.minting.entries[server.name]
                    handshake = next(e for e in reversed(entry.exchanges) if e.frames)
                    wait_until_refused(server, dict(handshake.request_headers)["authorization"])

    def test_an_agent_behind_a2a_receives_a_minted_token(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        subject = new_id()
        caller = minting([f"agents:a2a-{server.name}:run"], subject=subject)
        answer = caller.post(f"/agents/a2a-{server.name}/runs", data=FORM)
        assert (answer.status, answer.json["content"]) == (200, "You said: hello")
        streamed = caller.post(f"/agents/a2a-{server.name}/runs", data={**FORM, "stream": "true"})
        assert streamed.events[-1].name == "RunCompleted"
        entry = credentials.minting.entries[f"a2a-{server.name}"]
        for operation in ("message:send", "message:stream"):
            tokens = entry.tokens_of(f"/a2a/agents/{server.component()}/v1/{operation}")
            mine = [(c["aud"], c["scopes"]) for c in tokens if c["sub"] == subject]
            assert mine == [(server.audience, [f"agents:{server.component()}:run"])]

    def test_a_background_run_is_resumed_after_its_first_token_expired(
        self, credentials: CredentialsRig, minting: Callable[..., Caller], server: Server
    ) -> None:
        caller = minting(ADMIN, subject=new_id())
        runs = f"/agents/{server.component()}/runs"
        form = {"message": "slow", "stream": "true", "background": "true", "session_id": new_id()}
        begun = caller.post(runs, data=form, until=lambda events: len(events) >= 3)
        entry = credentials.minting.entries[server.name]
        exchange = next(e for e in reversed(entry.exchanges) if e.target == runs)
        old = dict(exchange.request_headers)["authorization"]
        wait_until_refused(server, old)
        resumed = caller.post(
            f"{runs}/{begun.run_id}/resume", data={"last_event_index": 0, "session_id": form["session_id"]}
        )
        assert resumed.status == 200
        assert resumed.events[-1].name == "RunCompleted"


def claims_of_caller(caller: Caller) -> dict[str, Any]:
    return claims_of(caller.get("/health").request.headers["authorization"])


class TestPolicies:
    def test_policy_forward_sends_the_callers_token(
        self, credentials: CredentialsRig, policies: Callable[..., Caller], shared: Server
    ) -> None:
        caller = policies(["agents:run"], aud=[GATEWAY_AUDIENCE, shared.audience])
        path = f"/agents/forward-{shared.component()}/runs"
        assert caller.post(path, data=FORM).status == 200
        entry = credentials.policies.entries[f"forward-{shared.name}"]
        sent = caller.answers[-1].request.headers["authorization"]
        assert sent in entry.authorizations()

    def test_policy_forward_with_another_audience_is_refused_by_the_server(
        self, policies: Callable[..., Caller], shared: Server
    ) -> None:
        answer = policies(ADMIN).post(f"/agents/forward-{shared.component()}/runs", data=FORM)
        assert answer.status == 401
        assert "audience" in answer.json["detail"]

    def test_policy_forward_leaves_scopes_to_the_server(self, policies: Callable[..., Caller], shared: Server) -> None:
        caller = policies(["sessions:read"], aud=[GATEWAY_AUDIENCE, shared.audience])
        answer = caller.post(f"/agents/forward-{shared.component()}/runs", data=FORM)
        assert answer.status == 403
        assert "agents:run" in answer.json["detail"]
        one = policies([f"agents:{shared.component()}:read"], aud=[GATEWAY_AUDIENCE, shared.audience])
        listed = [card["id"] for card in one.get(f"/upstreams/forward-{shared.name}/agents").json]
        assert listed == [shared.component()]

    def test_policy_none_sends_no_token(
        self, credentials: CredentialsRig, policies: Callable[..., Caller], shared: Server
    ) -> None:
        caller = policies(ADMIN, aud=[GATEWAY_AUDIENCE, shared.audience])
        path = f"/agents/{shared.component()}/runs"
        answer = caller.post(f"/agents/none-{shared.component()}/runs", data=FORM)
        assert (answer.status, answer.json) == (401, {"detail": "Authorization header missing"})
        assert credentials.policies.entries[f"none-{shared.name}"].tokens_of(path) == []

    def test_policy_bearer_sends_one_token_for_all_callers(
        self, credentials: CredentialsRig, policies: Callable[..., Caller], release: str
    ) -> None:
        server = credentials.server(release, "RS256")
        for subject in ("u1", "u2"):
            answer = policies([], subject=subject).post(f"/agents/bearer-{server.component()}/runs", data=FORM)
            assert answer.status == 200
        tokens = credentials.policies.entries[f"bearer-{server.name}"].tokens_of(f"/agents/{server.component()}/runs")
        assert {claims["sub"] for claims in tokens} == {"fixed"}

    def test_configured_headers_are_sent_with_every_request(
        self, credentials: CredentialsRig, policies: Callable[..., Caller], shared: Server
    ) -> None:
        caller = policies(ADMIN)
        answer = caller.post(
            f"/agents/headers-{shared.component()}/runs", data=FORM, headers={"x-api-key": "of the caller"}
        )
        assert answer.status == 200
        with opened(credentials.policies.url) as client:
            client.next()
            client.say(action="authenticate", token=caller_token(ADMIN))
            client.next()
            client.next()
            client.say(action="start-workflow", workflow_id=f"headers-{shared.component('wf')}", message="hi")
            assert client.until_end()[-1]["event"] == "WorkflowCompleted"
        exchanges = credentials.policies.entries[f"headers-{shared.name}"].exchanges
        seen = [dict(e.request_headers).get("x-api-key") for e in exchanges]
        assert len(seen) > 3
        assert set(seen) == {API_KEY}

    def test_only_the_gateway_itself_uses_the_config_token(
        self, credentials: CredentialsRig, policies: Callable[..., Caller], shared: Server
    ) -> None:
        for kind in ("forward", "none"):
            entry = credentials.policies.entries[f"{kind}-{shared.name}"]
            for path in ("/config", "/agents", "/teams", "/workflows"):
                assert "gateway-config" in {claims["sub"] for claims in entry.tokens_of(path)}, path
            posts = [e for e in entry.exchanges if e.method == "POST"]
            headers = [dict(e.request_headers).get("authorization") for e in posts]
            assert "gateway-config" not in {claims_of(value)["sub"] for value in headers if value}


class TestServiceAccounts:
    """Service-account tokens that an AgentOS issued, created on it through the gateway."""

    @pytest.fixture
    def account(self, minting: Callable[..., Caller], shared: Server) -> Iterator[tuple[str, Callable[[], None]]]:
        caller = minting(ADMIN)
        target = {"x-agentos-upstream": shared.name}
        made = caller.post(
            "/service-accounts",
            json={"name": f"ci-{new_id()[:8]}", "scopes": [{"scope": "agents:run"}, {"scope": "sessions:read"}]},
            headers=target,
        )
        assert made.status == 201, made.body
        token = made.json["token"]
        assert token.startswith("agno_pat_")

        def revoke() -> None:
            account_id = (made.json.get("service_account") or made.json)["id"]
            assert caller.send("DELETE", f"/service-accounts/{account_id}", headers=target).status == 204

        yield token, revoke

    def test_a_service_account_runs_only_where_it_is_known(
        self, credentials: CredentialsRig, shared: Server, account: tuple[str, Callable[[], None]]
    ) -> None:
        token, revoke = account
        caller = Caller(credentials.policies.url, headers=bearer(token))
        runs = f"/agents/forward-{shared.component()}/runs"
        assert caller.post(runs, data=FORM).status == 200
        events = caller.post(runs, data={**FORM, "stream": "true"}).events
        assert events[-1].name == "RunCompleted"
        assert caller.get("/sessions", params={"db_id": f"forward-{shared.db}"}).status == 200
        refused = caller.post(f"/teams/forward-{shared.component('team')}/runs", data=FORM)
        assert refused.status == 403
        for kind in ("none", "headers"):
            answer = caller.post(f"/agents/{kind}-{shared.component()}/runs", data=FORM)
            assert answer.status == 401
            assert answer.json == {"detail": "Service accounts are not enabled on this AgentOS instance"}
        assert caller.get("/gateway/status").status == 401
        revoke()
        assert until(lambda: caller.post(runs, data=FORM), 401).status == 401
        caller.close()
        holders = {name for name, entry in credentials.policies.entries.items() if token in entry.everything()}
        assert holders == {f"forward-{shared.name}"}


def test_no_token_of_one_upstream_ever_reached_another(credentials: CredentialsRig) -> None:
    """Must be the last test: it checks everything that the tests above have sent."""
    for gateway in (credentials.minting, credentials.policies):
        entries = gateway.entries.values()
        meant = [(entry, token) for entry in entries for token in tokens_for(entry)]
        assert {entry.server.name for entry, _ in meant} == {entry.server.name for entry in entries}
        # Neither as `Authorization` nor in a body, a query or another header.
        for other in entries:
            sent = other.everything()
            strays = [entry.name for entry, token in meant if entry.server is not other.server and token in sent]
            assert strays == [], other.name


def tokens_for(entry: Entry) -> set[str]:
    """Returns the tokens that an upstream received and that were meant for it."""
    values = {value.removeprefix("Bearer ") for value in entry.authorizations()}
    return {v for v in values if v.startswith("agno_pat_") or entry.server.audience in claims_of(v)["aud"]}


def test_only_policy_forward_has_sent_callers_tokens_to_upstreams(credentials: CredentialsRig) -> None:
    assert credentials.shown
    for gateway in (credentials.minting, credentials.policies):
        for entry in gateway.entries.values():
            if not entry.name.startswith("forward-"):
                sent = entry.everything()
                assert not [token for token in credentials.shown if token in sent], entry.name
                assert {claims_of(value)["aud"] for value in entry.authorizations()} == {entry.server.audience}
