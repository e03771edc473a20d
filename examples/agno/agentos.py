"""Two AgentOS for use behind the gateway: `python agentos.py research` and `python agentos.py support`.

Needs OPENAI_API_KEY. OPENAI_BASE_URL and MODEL choose any other OpenAI-compatible server, such as Ollama's.
"""

import argparse
import os

import uvicorn
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAIChat
from agno.os import AgentOS
from agno.team import Team
from agno.workflow import Step, Workflow


def model() -> OpenAIChat:
    return OpenAIChat(id=os.getenv("MODEL", "gpt-4o-mini"))


def research(db: SqliteDb) -> AgentOS:
    """An agent and a workflow that uses it."""
    researcher = Agent(
        id="researcher",
        name="Researcher",
        description="Gathers the facts on a subject",
        instructions="Answer with at most five facts, one a line.",
        model=model(),
        db=db,
        add_history_to_context=True,
    )
    editor = Agent(
        id="editor",
        name="Editor",
        description="Turns facts into prose",
        instructions="Write one clear paragraph from the facts you are given.",
        model=model(),
        db=db,
    )
    report = Workflow(
        id="report",
        name="Report",
        description="Facts first, then a paragraph",
        steps=[Step(name="research", agent=researcher), Step(name="edit", agent=editor)],
        db=db,
    )
    return AgentOS(id="research-os", agents=[researcher, editor], workflows=[report])


def support(db: SqliteDb) -> AgentOS:
    """An agent and a team that contains it."""
    billing = Agent(
        id="billing",
        name="Billing",
        description="Answers questions about invoices",
        role="Knows invoices and refunds",
        model=model(),
        db=db,
        add_history_to_context=True,
    )
    product = Agent(
        id="product",
        name="Product",
        description="Answers questions about the product",
        role="Knows how the product works",
        model=model(),
        db=db,
    )
    help_desk = Team(
        id="help-desk",
        name="Help desk",
        description="Sends a question to whoever knows",
        members=[billing, product],
        model=model(),
        db=db,
    )
    return AgentOS(id="support-os", agents=[billing, product], teams=[help_desk])


INSTANCES = {"research": research, "support": support}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=INSTANCES)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7777)
    parser.add_argument("--data", default=".", help="folder of the SQLite file")
    arguments = parser.parse_args()
    name = arguments.name
    db = SqliteDb(id=f"{name}-db", db_file=os.path.join(arguments.data, f"{name}.db"))
    uvicorn.run(INSTANCES[name](db).get_app(), host=arguments.host, port=arguments.port)


if __name__ == "__main__":
    main()
