"""Tests the gateway's own answers, which present many AgentOS as one, and its own refusals."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from caller import LIMIT_SECONDS, Caller
from conform import Conformance
from rig import Rig, Upstream
from tokens import admin_token, bearer

KINDS = ("agents", "teams", "workflows")
DOMAINS = ("session", "memory", "metrics", "evals", "traces")


def direct(upstream: Upstream, path: str) -> Any:
    url, headers = f"{upstream.url}{path}", bearer(admin_token())
    return httpx.get(url, headers=headers, timeout=LIMIT_SECONDS, trust_env=False).json()


def test_health_has_the_format_of_agentos(gateway: Caller) -> None:
    answer = gateway.get("/health")
    assert answer.status == 200
    assert answer.json.keys() == {"status", "instantiated_at"}
    assert answer.json["status"] == "ok"
    datetime.fromisoformat(answer.json["instantiated_at"])


def test_info_counts_the_components_of_all_upstreams(rig: Rig, gateway: Caller) -> None:
    info = gateway.get("/info").json
    infos = [direct(upstream, "/info") for upstream in rig.upstreams.values()]
    assert info["os_id"] == rig.gateway_id
    for count in ("agent_count", "team_count", "workflow_count"):
        assert info[count] == sum(each[count] for each in infos)
    newest = max(infos, key=len)
    assert info.keys() >= newest.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_component_lists_are_joined_in_configuration_order(rig: Rig, gateway: Caller, kind: str) -> None:
    expected = [entry for upstream in rig.upstreams.values() for entry in direct(upstream, f"/{kind}")]
    assert gateway.get(f"/{kind}", headers=bearer(admin_token())).json == expected


def test_config_contains_the_gateway_and_every_component(rig: Rig, gateway: Caller) -> None:
    config = gateway.get("/config", headers=bearer(admin_token())).json
    configs = [direct(upstream, "/config") for upstream in rig.upstreams.values()]
    assert config["os_id"] == rig.gateway_id
    for kind in KINDS:
        assert config[kind] == [entry for each in configs for entry in each[kind]]


def test_config_contains_every_database_with_its_tables(rig: Rig, gateway: Caller) -> None:
    config = gateway.get("/config", headers=bearer(admin_token())).json
    configs = [direct(upstream, "/config") for upstream in rig.upstreams.values()]
    assert config["databases"] == [database for each in configs for database in each["databases"]]
    for domain in DOMAINS:
        assert config[domain]["dbs"] == [entry for each in configs for entry in each[domain]["dbs"]]
    instances = "knowledge_instances"
    expected = [entry for each in configs for entry in each["knowledge"][instances]]
    assert config["knowledge"][instances] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_card_equals_the_card_of_agentos(conform: Conformance, upstream: Upstream, kind: str) -> None:
    component = {"agents": upstream.agent, "teams": upstream.team, "workflows": upstream.workflow}[kind]

    def scenario(caller: Caller) -> None:
        assert caller.get(f"/{kind}/{component}", forwarded=False).json["id"] == component

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_component_answers_404_in_the_words_of_agentos(
    conform: Conformance, upstream: Upstream, kind: str
) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.get(f"/{kind}/nope", forwarded=False).status == 404

    conform(upstream, scenario)


@pytest.mark.parametrize("method, path", [("PUT", "/agents"), ("DELETE", "/health"), ("POST", "/config")])
def test_a_wrong_method_answers_405_in_the_words_of_agentos(
    conform: Conformance, upstream: Upstream, method: str, path: str
) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.send(method, path, forwarded=False).status == 405

    conform(upstream, scenario)


def test_a_wrong_method_on_a_forwarded_route_answers_405(
    conform: Conformance, upstream: Upstream
) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.send("PUT", f"/agents/{upstream.agent}/runs", forwarded=False).status == 405

    conform(upstream, scenario)


def test_an_unknown_route_answers_404_naming_the_header(gateway: Caller) -> None:
    answer = gateway.get("/no/such/route")
    assert answer.status == 404
    assert "x-agentos-upstream" in answer.json["detail"].lower()


def test_a_page_of_the_control_plane_may_call_the_gateway(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        origin = {"origin": "https://os.agno.com"}
        preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        answer = caller.send(
            "OPTIONS", f"/agents/{upstream.agent}/runs", headers={**origin, **preflight}, recorded=False
        )
        assert answer.status in (200, 204)
        assert answer.headers["access-control-allow-origin"] == origin["origin"]
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        form = {"message": "hello", "stream": "false"}
        for path in ("/agents", f"/agents/{upstream.agent}/sessions"):
            answer = caller.get(path, headers=origin, recorded=False)
            assert answer.headers.get_list("access-control-allow-origin") == [origin["origin"]]
        answer = caller.post(f"/agents/{upstream.agent}/runs", data=form, headers=origin, recorded=False)
        assert answer.headers.get_list("access-control-allow-origin") == [origin["origin"]]
        assert answer.headers["access-control-allow-credentials"] == "true"

    conform(upstream, scenario)


def test_a_request_without_an_origin_gets_no_cors_headers(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello", "stream": "false"}
        for answer in (
            caller.get("/agents", forwarded=False),
            caller.post(f"/agents/{upstream.agent}/runs", data=form),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control-")]

    conform.play(upstream, scenario)


def test_sessions_of_all_upstreams_are_listed_together(rig: Rig, gateway: Caller) -> None:
    query = "/sessions?type=agent&limit=100&sort_by=created_at&sort_order=desc"
    for upstream in rig.upstreams.values():
        caller = Caller(upstream.url, headers=bearer(admin_token()))
        form = {"message": "listed", "stream": "false"}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form).status == 200
        caller.close()
    pages = [direct(upstream, query) for upstream in rig.upstreams.values()]
    merged = gateway.get(query, headers=bearer(admin_token())).json
    assert merged["meta"]["total_count"] == sum(page["meta"]["total_count"] for page in pages)
    assert {"page", "limit", "total_pages", "total_count", "search_time_ms"} <= merged["meta"].keys()
    known = {entry["session_id"]: entry for page in pages for entry in page["data"]}
    assert all(known[entry["session_id"]] == entry for entry in merged["data"] if entry["session_id"] in known)
    times = [entry["created_at"] for entry in merged["data"]]
    assert times == sorted(times, reverse=True)
