"""An AgentOS whose agents pause for every reason there is, behind the scripted model of the conformance suite.

Ids end with the instance's name, as the gateway needs distinct ones.
"""

import argparse

import uvicorn
from agno.agent import Agent
from agno.db.sqlite import AsyncSqliteDb
from agno.models.openai import OpenAIChat
from agno.os import AgentOS
from agno.team import Team
from agno.tools import tool
from agno.tools.user_feedback import UserFeedbackTools
from agno.workflow import Step, Workflow


@tool
def add(a: int, b: int) -> str:
    """Add"""
    return str(a + b)


@tool(requires_confirmation=True)
def delete_file(path: str) -> str:
    """Delete a file"""
    return f"deleted {path}"


@tool(requires_user_input=True, user_input_fields=["name"])
def greet(name: str) -> str:
    """Greet a person"""
    return f"hello {name}"


@tool(external_execution=True)
def read_clock() -> str:
    """Read the clock of the caller"""
    return "never called here"


def build(arguments: argparse.Namespace) -> AgentOS:
    name = arguments.name
    db = AsyncSqliteDb(db_file=arguments.db, id=f"db-{name}")

    def agent(role: str, *tools: object) -> Agent:
        model = OpenAIChat(id="gpt-4o-mini", api_key="none", base_url=f"{arguments.model_url}/v1")
        return Agent(
            id=f"{role}-{name}",
            name=role.capitalize(),
            model=model,
            tools=list(tools),
            db=db,
            add_history_to_context=True,
            telemetry=False,
        )

    helper = agent("helper", add)
    confirming = agent("confirming", delete_file)
    plain = [Agent(id=each, name=each, model=agent("plain").model, telemetry=False) for each in arguments.plain]
    leader = OpenAIChat(id="gpt-4o-mini", api_key="none", base_url=f"{arguments.model_url}/v1")
    return AgentOS(
        id=f"faces-{name}",
        db=db,
        agents=[helper, confirming, agent("asking", greet), agent("outside", read_clock), agent("polling", UserFeedbackTools()), *plain],
        teams=[Team(id=f"pair-{name}", name="Pair", members=[helper], model=leader, db=db, telemetry=False)],
        workflows=[Workflow(id=f"flow-{name}", name="Flow", steps=[Step(name="s", agent=helper)], db=db, telemetry=False)],
        telemetry=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="suffix of every id on this instance")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--db", required=True, help="path of the SQLite file")
    parser.add_argument("--plain", action="append", default=[], help="id of one more agent, without tools")
    parser.add_argument("--model-url", required=True, help="base URL of model_server.py")
    arguments = parser.parse_args()
    uvicorn.run(build(arguments).get_app(), host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
