"""Runs a real AgentOS with one of everything that the console shows, behind the scripted model of the conformance suite.

Its agents pause for every reason there is; it has tracing, approvals, a team, and workflows with parallel steps and a
gate. It has two databases and two knowledge bases, so that it refuses requests that name none. Ids end with the
instance's name, as the gateway needs distinct ones.
"""

import argparse
import sys
from pathlib import Path

import uvicorn
from agno.agent import Agent
from agno.approval import approval
from agno.db.schemas.evals import EvalRunRecord, EvalType
from agno.db.schemas.knowledge import KnowledgeRow
from agno.db.schemas.memory import UserMemory
from agno.db.sqlite import SqliteDb
from agno.knowledge.knowledge import Knowledge
from agno.models.openai import OpenAIChat
from agno.os import AgentOS
from agno.team import Team
from agno.tools import tool
from agno.tools.user_feedback import UserFeedbackTools
from agno.workflow import Parallel, Step, Workflow
from agno.workflow.types import HumanReview

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "faces"))
from pausing_server import add, delete_file, greet, read_clock  # noqa: E402


@approval
@tool(requires_confirmation=True)
def pay(amount: int) -> str:
    """Pay a person"""
    return f"paid {amount}"


def build(arguments: argparse.Namespace) -> AgentOS:
    name = arguments.name
    db = SqliteDb(db_file=arguments.db, id=f"db-{name}")
    model = OpenAIChat(id="gpt-4o-mini", api_key="none", base_url=f"{arguments.model_url}/v1")

    archive = SqliteDb(db_file=f"{arguments.db}.archive", id=f"archive-{name}")

    def agent(role: str, *tools: object, db: SqliteDb = db) -> Agent:
        given = {"model": model, "tools": list(tools), "db": db, "telemetry": False}
        return Agent(id=f"{role}-{name}", name=role.capitalize(), description=f"The {role}", **given)

    helper = agent("helper", add)
    agents = [
        helper,
        agent("confirming", delete_file),
        agent("asking", greet),
        agent("outside", read_clock),
        agent("polling", UserFeedbackTools()),
        agent("payer", pay),
        agent("archivist", db=archive),
    ]
    pair = Team(
        id=f"pair-{name}", name="Pair", members=[helper], tools=[delete_file], model=model, db=db, telemetry=False
    )
    both = Parallel(Step(name="left", agent=helper), Step(name="right", agent=helper), name="both")
    flow = Workflow(id=f"flow-{name}", name="Flow", steps=[both], db=db, telemetry=False)
    gate = Step(name="ask", agent=helper, human_review=HumanReview(requires_confirmation=True))
    for base, owner in ((db, "current"), (archive, "archived")):
        fill(base, f"{owner} {name}")
    return AgentOS(
        id=f"console-{name}",
        db=db,
        agents=agents,
        teams=[pair],
        knowledge=[knowledge(f"{each} {name}", base) for each, base in (("manuals", db), ("letters", archive))],
        workflows=[flow, Workflow(id=f"gate-{name}", name="Gate", steps=[gate], db=db, telemetry=False)],
        tracing=True,
        telemetry=False,
    )


def knowledge(title: str, db: SqliteDb) -> Knowledge:
    content = {"type": "Text", "size": 512, "status": "completed", "linked_to": title}
    db.upsert_knowledge_content(KnowledgeRow(name=f"Chapter of {title}", description="One chapter", **content))
    return Knowledge(name=title, contents_db=db)


def fill(db: SqliteDb, label: str) -> None:
    """Stores one memory and one evaluation run."""
    db.upsert_user_memory(UserMemory(memory=f"The {label} memory", user_id="eve", topics=["places"]))
    scored = {"eval_type": EvalType.ACCURACY, "eval_data": {"avg_score": 9}, "model_id": "gpt-4o-mini"}
    db.create_eval_run(EvalRunRecord(run_id=label, name=f"The {label} evaluation", **scored))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="suffix of every id on this instance")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--db", required=True, help="path of the SQLite file")
    parser.add_argument("--model-url", required=True, help="base URL of model_server.py")
    arguments = parser.parse_args()
    app = build(arguments).get_app()
    # FastAPI would record a request trace around the run's trace, which then could not be found by run id.
    if hasattr(app, "_telemetry"):
        app._telemetry["tracing"] = False
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
