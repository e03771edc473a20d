"""The OpenAI face, called by frameworks that wrap the official clients: they send and check more than those do."""

import pytest
from agno.agent import Agent
from agno.models.base import Model
from agno.models.openai import OpenAIResponses
from agno.models.openai.like import OpenAILike
from agno.tools import tool
from conftest import NAMES, Faces

FRAMEWORKS = {
    "langgraph": ["HumanMessage", "AIMessage", "ToolMessage", "AIMessage"],
    "pydantic-ai": ["user-prompt", "tool-call", "tool-return", "text"],
}
# A response shows the confirmed tool call of the agent, too.
NATIVE = {"builtin-tool-call", "builtin-tool-return"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_framework_gets_structured_answers_and_runs_tools(faces: Faces, framework: str) -> None:
    # One process for both releases and both APIs: the imports take most of the time.
    for seen in faces.python("faces-openai", "frameworks.py", "/v1", framework, *NAMES.values()):
        assert seen["structured"] == "x"
        assert seen["streamed"] == "You said: use tool "
        assert seen["outside"] == FRAMEWORKS[framework]
        assert [part for part in seen["confirmed"] if part not in NATIVE] == FRAMEWORKS[framework]


def test_ai_sdk_streams_tool_calls_and_runs_tools(faces: Faces) -> None:
    for seen in faces.node("ai-sdk.mjs", *NAMES.values()):
        is_response = seen["api"] == "responses"
        assert seen["required"] == {"text": "x"}
        assert "error" not in seen["types"]
        assert ("tool-result" in seen["types"]) == is_response
        # Items of a response are sent by id, so that the session continues; messages of a chat start another one.
        assert (seen["second"] == "You said: two ") == is_response
        assert seen["outside"] == ["You said: use tool read_clock ", ["tool-calls", "stop"]]
        assert seen["confirmed"] == "You said: use tool delete_file "


@tool
def read_clock() -> str:
    """Read the clock of the caller"""
    return "noon"


@pytest.mark.parametrize("model", [OpenAILike, OpenAIResponses])
def test_agent_of_agno_runs_a_tool_for_another_agent(faces: Faces, suffix: str, model: type[Model]) -> None:
    asked = model(id=f"outside-{suffix}", base_url=f"{faces.url}/v1", api_key="none", max_retries=0)
    run = Agent(model=asked, tools=[read_clock], telemetry=False).run("use tool read_clock")
    assert run.content == "You said: use tool read_clock "
    assert [each.tool_name for each in run.tools or []] == ["read_clock"]
