"""Tests runs of agents, teams and workflows over HTTP, with and without streaming."""

import pytest

from caller import Caller, new_id
from conform import Conformance
from rig import Upstream

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_an_agent_run_gives_equal_answers(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello world", "stream": "false", "session_id": new_id(), "user_id": "u1"}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form).json["content"] == "You said: hello world"

    conform(upstream, scenario)


def test_an_agent_run_streams_equal_events(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello stream", "stream": "true", "session_id": new_id(), "user_id": "u1"}
        answer = caller.post(f"/agents/{upstream.agent}/runs", data=form)
        assert answer.named("RunCompleted").json["content"] == "You said: hello stream "

    conform(upstream, scenario)


def test_a_run_without_a_stream_field_streams(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        caller.post(f"/agents/{upstream.agent}/runs", data={"message": "hello"})

    conform(upstream, scenario)


def test_a_stream_contains_tool_call_events(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "use tool", "stream": "true", "stream_events": "true", "session_id": new_id()}
        answer = caller.post(f"/agents/{upstream.agent}/runs", data=form)
        assert answer.named("ToolCallCompleted").json["tool"]["result"] == "2"

    conform(upstream, scenario)


def test_text_beyond_ascii_survives_in_both_directions(conform: Conformance, upstream: Upstream) -> None:
    message = "Grüße, 你好 👋🏽 \u2028 & =+%25"

    def scenario(caller: Caller) -> None:
        form = {"message": message, "stream": "false"}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form).json["content"] == f"You said: {message}"
        caller.post(f"/agents/{upstream.agent}/runs", data={**form, "stream": "true"})

    conform(upstream, scenario)


def test_extra_form_fields_reach_the_run(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {
            "message": "hello",
            "stream": "false",
            "session_state": '{"colour": "green"}',
            "dependencies": '{"a": 1}',
            "metadata": '{"ticket": "T-1"}',
        }
        answer = caller.post(f"/agents/{upstream.agent}/runs", data=form)
        assert answer.json["session_state"]["colour"] == "green"
        assert answer.json["metadata"] == {"ticket": "T-1"}

    conform(upstream, scenario)


@pytest.mark.parametrize("stream", ["true", "false"])
def test_uploaded_files_arrive_byte_for_byte(conform: Conformance, upstream: Upstream, stream: str) -> None:
    def scenario(caller: Caller) -> None:
        files = [
            ("files", ("notes ünïcode.txt", b"first line\r\nsecond line\x00\xff", "text/plain")),
            ("files", ("dot.png", PNG, "image/png")),
        ]
        form = {"message": "see files", "stream": stream, "session_id": new_id()}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form, files=files).status == 200

    conform(upstream, scenario)


def test_a_file_of_an_unsupported_type_is_refused_equally(
    conform: Conformance, upstream: Upstream
) -> None:
    def scenario(caller: Caller) -> None:
        files = [("files", ("a.xyz", b"?", "application/x-unknown"))]
        answer = caller.post(f"/agents/{upstream.agent}/runs", data={"message": "see"}, files=files)
        assert answer.status == 400

    conform(upstream, scenario)


def test_a_large_upload_arrives_whole(conform: Conformance, upstream: Upstream) -> None:
    text = b"0123456789abcdef" * 65_536 * 4

    def scenario(caller: Caller) -> None:
        files = [("files", ("large.txt", text, "text/plain"))]
        form = {"message": "see file", "stream": "false", "session_id": new_id()}
        assert caller.post(f"/agents/{upstream.agent}/runs", data=form, files=files).status == 200

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
def test_a_run_without_a_message_gets_the_validation_error_of_agentos(
    conform: Conformance, upstream: Upstream, kind: str
) -> None:
    component = {"agents": upstream.agent, "teams": upstream.team, "workflows": upstream.workflow}[kind]

    def scenario(caller: Caller) -> None:
        assert caller.post(f"/{kind}/{component}/runs", data={"stream": "false"}).status == 422

    conform(upstream, scenario)


@pytest.mark.parametrize("kind", ["agents", "teams", "workflows"])
def test_a_run_of_an_unknown_component_answers_404_equally(
    conform: Conformance, upstream: Upstream, kind: str
) -> None:
    def scenario(caller: Caller) -> None:
        assert caller.post(f"/{kind}/nope/runs", data={"message": "x"}, forwarded=False).status == 404

    conform(upstream, scenario)


@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_team_run_gives_equal_answers(conform: Conformance, upstream: Upstream, stream: str) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello team", "stream": stream, "session_id": new_id(), "user_id": "u1"}
        assert caller.post(f"/teams/{upstream.team}/runs", data=form).status == 200

    conform(upstream, scenario)


def test_a_delegating_team_also_streams_its_members_events(conform: Conformance, upstream: Upstream) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "use tool", "stream": "true", "session_id": new_id()}
        answer = caller.post(f"/teams/{upstream.team}/runs", data=form)
        assert answer.named("RunStarted").json["agent_id"] == upstream.agent

    conform(upstream, scenario)


@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_workflow_run_gives_equal_answers(conform: Conformance, upstream: Upstream, stream: str) -> None:
    def scenario(caller: Caller) -> None:
        form = {"message": "hello workflow", "stream": stream, "session_id": new_id(), "user_id": "u1"}
        assert caller.post(f"/workflows/{upstream.workflow}/runs", data=form).status == 200

    conform(upstream, scenario)


def test_a_json_body_starts_an_agent_run(gateway: Caller, upstream: Upstream) -> None:
    answer = gateway.post(f"/agents/{upstream.agent}/runs", json={"message": "hello json", "stream": False})
    assert answer.status == 200
    assert answer.json["content"] == "You said: hello json"
