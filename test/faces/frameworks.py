"""Calls both APIs of the OpenAI face with LangGraph or Pydantic AI, and prints what they saw as JSON.

Usage: frameworks.py URL FRAMEWORK SUFFIX…
"""

import asyncio
import json
import sys

from pydantic import BaseModel

URL, FRAMEWORK, *SUFFIXES = sys.argv[1:]
JSON_ANSWER = 'reply {"text":"x"}'


class Answer(BaseModel):
    text: str


def read_clock() -> str:
    """Read the clock of the caller"""
    return "noon"


def agentos_confirm(tool: str = "", arguments: dict | None = None, message: str = "") -> dict:
    """Answer a confirmation"""
    return {"accepted": True}


def langgraph(api: str, suffix: str) -> dict:
    from langchain_openai import ChatOpenAI
    from langgraph.prebuilt import create_react_agent

    def model(name: str) -> ChatOpenAI:
        responses = api == "responses"
        return ChatOpenAI(
            model=f"{name}-{suffix}", base_url=URL, api_key="none", max_retries=0, use_responses_api=responses
        )

    def outside(name: str, tool: object, message: str) -> list[str]:
        agent = create_react_agent(model(name), [tool])
        return [type(each).__name__ for each in agent.invoke({"messages": [("user", message)]})["messages"]]

    structured = model("helper").with_structured_output(Answer, method="function_calling").invoke(JSON_ANSWER)
    streamed = "".join(chunk.text for chunk in model("helper").stream("use tool"))
    return {
        "structured": structured.text,
        "streamed": streamed,
        "outside": outside("outside", read_clock, "use tool read_clock"),
        "confirmed": outside("confirming", agentos_confirm, "use tool delete_file"),
    }


def pydantic_ai(api: str, suffix: str) -> dict:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    kind = OpenAIResponsesModel if api == "responses" else OpenAIChatModel
    provider = OpenAIProvider(base_url=URL, api_key="none")

    def agent(name: str, **options: object) -> Agent:
        return Agent(kind(f"{name}-{suffix}", provider=provider), retries=0, **options)

    async def streamed() -> str:
        async with agent("helper").run_stream("use tool") as run:
            return await run.get_output()

    async def run() -> dict:
        structured = await agent("helper", output_type=Answer).run(JSON_ANSWER)
        outside = await agent("outside", tools=[read_clock]).run("use tool read_clock")
        confirmed = await agent("confirming", tools=[agentos_confirm]).run("use tool delete_file")
        parts = [[part.part_kind for message in each.all_messages() for part in message.parts] for each in (outside, confirmed)]
        return {
            "structured": structured.output.text,
            "streamed": await streamed(),
            "outside": parts[0],
            "confirmed": parts[1],
        }

    return asyncio.run(run())


call = {"langgraph": langgraph, "pydantic-ai": pydantic_ai}[FRAMEWORK]
print(json.dumps([call(api, suffix) for api in ("chat", "responses") for suffix in SUFFIXES]))
