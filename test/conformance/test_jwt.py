"""Tests protected AgentOS instances behind an open gateway, which forwards the client's token."""

import re

import pytest

from caller import Caller, new_id
from conform import Conformance
from rig import Upstream
from routes import operations
from tokens import admin_token, bearer, token

REFUSED = {
    "no token": None,
    "not a token": "nope",
    "another key": token(scopes=["agent_os:admin"], secret="another-secret-of-at-least-32-bytes-in-length"),
    "expired": token(scopes=["agent_os:admin"], expires_in=-3600),
}


@pytest.mark.parametrize("stream", ["true", "false"])
def test_the_clients_token_reaches_the_agentos(conform: Conformance, protected: Upstream, stream: str) -> None:
    def scenario(caller: Caller) -> None:
        session = new_id()
        form = {"message": "hello", "stream": stream, "session_id": session}
        answer = caller.post(f"/agents/{protected.agent}/runs", data=form)
        assert answer.status == 200
        params = {"session_id": session}
        assert caller.get(f"/agents/{protected.agent}/runs", params=params).status == 200

    conform(protected, scenario, bearer(admin_token()))


def test_the_clients_token_reaches_the_database(conform: Conformance, protected: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        params = {"type": "agent", "db_id": protected.db, "user_id": new_id()}
        assert caller.get("/sessions", params=params).status == 200

    conform(protected, scenario, bearer(admin_token()))


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_database_request_without_a_valid_token_is_refused(
    conform: Conformance, protected: Upstream, value: str | None
) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.get("/sessions", params={"type": "agent", "db_id": protected.db}).status == 401

    conform(protected, scenario, bearer(value) if value else None)


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_run_without_a_valid_token_is_refused_in_the_words_of_agentos(
    conform: Conformance, protected: Upstream, value: str | None
) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello"}
        assert caller.post(f"/agents/{protected.agent}/runs", data=form).status == 401
        assert caller.post(f"/teams/{protected.team}/runs", data=form).status == 401
        assert caller.post(f"/workflows/{protected.workflow}/runs", data=form).status == 401
        assert caller.post(f"/agents/{protected.agent}/runs/{new_id()}/cancel").status == 401

    conform(protected, scenario, bearer(value) if value else None)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_protected_card_is_not_shown_without_a_valid_token(
    conform: Conformance, protected: Upstream, kind: str, value: str | None
) -> None:
    component = {"agents": protected.agent, "teams": protected.team, "workflows": protected.workflow}[kind]

    def scenario(caller: Caller) -> None:
        assert caller.get(f"/{kind}/{component}", forwarded=False).status == 401

    conform(protected, scenario, bearer(value) if value else None)


def test_a_card_is_shown_to_a_caller_with_its_scope(conform: Conformance, protected: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.get(f"/agents/{protected.agent}", forwarded=False).status == 200

    conform(protected, scenario, bearer(token(scopes=["agents:read"])))


def test_a_missing_scope_is_named_in_the_words_of_agentos(conform: Conformance, protected: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        answer = caller.post(f"/agents/{protected.agent}/runs", data={"message": "hello"})
        assert answer.status == 403
        assert "agents:run" in answer.json["detail"]
        assert caller.get(f"/agents/{protected.agent}", forwarded=False).status == 403

    conform(protected, scenario, bearer(token(scopes=["sessions:read"])))


def test_a_scope_for_one_agent_covers_no_other_agent(conform: Conformance, protected: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello", "stream": "false"}
        assert caller.post(f"/agents/{protected.agent}/runs", data=form).status == 200
        assert caller.post(f"/agents/{protected.hitl}/runs", data=form).status == 403

    conform(protected, scenario, bearer(token(scopes=[f"agents:{protected.agent}:run"])))


def test_a_protected_component_database_accepts_a_valid_token(conform: Conformance, protected: Upstream) -> None:
    headers = {**bearer(admin_token()), "x-agentos-upstream": protected.name}

    def scenario(caller: Caller) -> None:
        assert caller.get("/components").status == 200

    conform(protected, scenario, headers)


@pytest.mark.parametrize("headers", [{}, bearer(token(scopes=["nothing:read"]))], ids=["no token", "no scope"])
def test_every_operation_is_refused_in_equal_words(
    conform: Conformance, protected: Upstream, release: str, headers: dict[str, str]
) -> None:
    ids = {"agent_id": protected.agent, "team_id": protected.team, "workflow_id": protected.workflow}

    def scenario(caller: Caller) -> None:
        for operation in operations(release):
            path = re.sub(r"{(\w+)}", lambda match: ids.get(match[1], "x"), operation.path)
            caller.send(operation.method, path, headers={"x-agentos-upstream": protected.name})
        # Few operations are public.
        assert sum(answer.status in (401, 403) for answer in caller.answers) > 100

    conform(protected, scenario, headers)
