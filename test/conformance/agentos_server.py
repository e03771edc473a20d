"""Runs a real AgentOS with a scripted model, with which the gateway is compared.

The program runs under every covered release of Agno and uses only features of both. Ids contain the
instance's name (`assistant-a` on `a`), because the gateway needs distinct ids and an answer then shows its
origin.
"""

import argparse

import uvicorn
from agno.agent import Agent
from agno.db.sqlite import AsyncSqliteDb, SqliteDb
from agno.knowledge.knowledge import Knowledge
from agno.models.openai import OpenAIChat
from agno.os import AgentOS
from agno.os.config import AuthorizationConfig
from agno.team import Team
from agno.tools import tool
from agno.workflow import Step, Workflow

from word_vector_db import WordVectorDb


@tool
def add(a: int, b: int) -> str:
    """Add"""
    return str(a + b)


@tool(requires_confirmation=True)
def delete_file(path: str) -> str:
    """Delete a file"""
    return f"deleted {path}"


def build(arguments: argparse.Namespace) -> AgentOS:
    """Builds an AgentOS with a tool agent, an agent that needs confirmation, a team, a workflow and a
    knowledge base.
    """
    name = arguments.name
    if arguments.sync_db:
        db = SqliteDb(db_file=arguments.db, id=f"db-{name}")
    else:
        db = AsyncSqliteDb(db_file=arguments.db, id=f"db-{name}")

    def model() -> OpenAIChat:
        return OpenAIChat(id="gpt-4o-mini", api_key="none", base_url=f"{arguments.model_url}/v1")

    knowledge = Knowledge(name=f"knowledge-{name}", vector_db=WordVectorDb(f"words-{name}"), contents_db=db)
    assistant = Agent(
        id=f"assistant-{name}",
        name="Assistant",
        description="Helps",
        role="helper",
        model=model(),
        tools=[add],
        db=db,
        telemetry=False,
    )
    hitl = Agent(id=f"hitl-{name}", name="HITL", model=model(), tools=[delete_file], db=db, telemetry=False)
    team = Team(id=f"team-{name}", name="Team", members=[assistant], model=model(), db=db, telemetry=False)
    workflow = Workflow(id=f"wf-{name}", name="WF", steps=[Step(name="s", agent=assistant)], db=db, telemetry=False)
    authorization = None
    if arguments.jwt:
        authorization = AuthorizationConfig(
            verification_keys=[arguments.jwt],
            algorithm=arguments.algorithm,
            verify_audience=arguments.audience is not None,
            audience=arguments.audience,
        )
    return AgentOS(
        id=f"os-{name}",
        description=f"OS {name}",
        db=db,
        agents=[assistant, hitl],
        teams=[team],
        workflows=[workflow],
        knowledge=[knowledge],
        authorization=authorization is not None,
        authorization_config=authorization,
        a2a_interface=arguments.a2a,
        telemetry=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="suffix of every id on this instance")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--db", required=True, help="path of the SQLite file")
    parser.add_argument("--model-url", required=True, help="base URL of model_server.py")
    parser.add_argument("--jwt", metavar="KEY", help="turn authorization on, with this secret or public key")
    parser.add_argument("--algorithm", default="HS256", help="of the tokens")
    parser.add_argument("--audience", help="require this audience in tokens")
    parser.add_argument("--a2a", action="store_true", help="serve the A2A interface too")
    parser.add_argument(
        "--sync-db", action="store_true", help="a synchronous database: /components works only with one"
    )
    arguments = parser.parse_args()
    app = build(arguments).get_app()
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
