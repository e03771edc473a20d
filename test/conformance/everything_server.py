"""Runs a real AgentOS with every feature of its release, for the table of all operations.

In addition to agentos_server.py it has tracing, a scheduler, approvals, a registry, stored components,
sources of remote content, stored media, a filesystem and a durable queue, each only where the release has it.
"""

import argparse
import inspect
import os
from typing import Any

import uvicorn
from agno.agent import Agent
from agno.approval import approval
from agno.db.sqlite import SqliteDb
from agno.knowledge.knowledge import Knowledge
from agno.knowledge.remote_content.base import ListFilesResult
from agno.knowledge.remote_content.s3 import S3Config
from agno.models.openai import OpenAIChat
from agno.os import AgentOS
from agno.registry import Registry
from agno.team import Team
from agno.tools import tool
from agno.workflow import Step, Workflow
from agno.workflow.types import HumanReview

from agentos_server import add, delete_file
from word_vector_db import WordVectorDb

NEVER_SECONDS = 86_400


@approval
@tool(requires_confirmation=True)
def pay(amount: int) -> str:
    """Pay a person"""
    return f"paid {amount}"


class Shelf(S3Config):
    """A source type whose files AgentOS lists, without a real bucket."""

    async def alist_files(
        self, prefix: str | None = None, delimiter: str = "/", limit: int = 100, page: int = 1
    ) -> ListFilesResult:
        file = {"key": "a.txt", "name": "a.txt", "size": 1, "last_modified": None, "content_type": "text/plain"}
        return ListFilesResult(files=[file], page=page, limit=limit, total_count=1, total_pages=1)


def offered(kind: type, **wanted: Any) -> dict[str, Any]:
    """Returns the arguments that this release supports."""
    known = inspect.signature(kind.__init__).parameters
    return {name: value for name, value in wanted.items() if name in known}


def later_features(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns the options that only Agno 3 has."""
    found: dict[str, Any] = {}
    if offered(AgentOS, queue=True):
        from agno.job_queue.config import QueueConfig
        from agno.job_queue.store import InMemoryQueueStore
        from agno.media.storage.local import LocalMediaStorage

        found["queue"] = QueueConfig(durable=True, db=InMemoryQueueStore())
        found["media_storage"] = LocalMediaStorage(f"{arguments.db}-media")
    return found


def filesystem(db: SqliteDb) -> Any:
    """Returns a store with two files, or nothing where the release has no such feature."""
    if not offered(Agent, filesystem=True):
        return None
    from agno.fs import FileSystem

    files = FileSystem(db=db, namespace="notes")
    files.write("a.txt", "the first note")
    files.write("deep/b.txt", "the second note")
    return files


def build(arguments: argparse.Namespace) -> AgentOS:
    name = arguments.name
    db = SqliteDb(db_file=arguments.db, id=f"db-{name}")
    model = OpenAIChat(id="gpt-4o-mini", api_key="none", base_url=f"{arguments.model_url}/v1")
    later = later_features(arguments)

    def agent(id: str, **more: Any) -> Agent:
        more |= offered(Agent, media_storage=later.get("media_storage"))
        return Agent(id=f"{id}-{name}", name=id.title(), model=model, db=db, telemetry=False, **more)

    assistant = agent(
        "assistant", description="Helps", tools=[add], **offered(Agent, filesystem=filesystem(db))
    )
    members = [assistant, agent("hitl", tools=[delete_file]), agent("payer", tools=[pay])]
    team = Team(id=f"team-{name}", name="Team", members=[assistant], model=model, db=db, telemetry=False)
    asks = agent("asks", tools=[delete_file])
    asking_team = Team(id=f"asking-{name}", name="Asking", members=[asks], tools=[delete_file], model=model, db=db)
    step = Step(name="s", agent=assistant)
    workflow = Workflow(id=f"wf-{name}", name="WF", steps=[step], db=db, telemetry=False)
    asking_step = Step(name="ask", agent=assistant, human_review=HumanReview(requires_confirmation=True))
    asking = Workflow(id=f"gate-{name}", name="Gate", steps=[asking_step], db=db, telemetry=False)
    shelf = Shelf(id="shelf", name="Shelf", bucket_name="shelf")
    knowledge = Knowledge(
        name=f"knowledge-{name}", vector_db=WordVectorDb(f"words-{name}"), contents_db=db, content_sources=[shelf]
    )
    return AgentOS(
        id=f"os-{name}",
        description=f"OS {name}",
        db=db,
        agents=members,
        teams=[team, asking_team],
        workflows=[workflow, asking],
        knowledge=[knowledge],
        registry=Registry(name="parts", tools=[add], models=[model]),
        tracing=True,
        scheduler=True,
        scheduler_poll_interval=NEVER_SECONDS,
        scheduler_base_url=f"http://127.0.0.1:{arguments.port}",
        telemetry=False,
        **later,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="suffix of every id on this instance")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--db", required=True, help="path of the SQLite file")
    parser.add_argument("--model-url", required=True, help="base URL of model_server.py")
    arguments = parser.parse_args()
    # For components that create a model themselves from its name.
    os.environ.update(OPENAI_API_KEY="none", OPENAI_BASE_URL=f"{arguments.model_url}/v1")
    app = build(arguments).get_app()
    # FastAPI would record a request trace around the run's trace, which then could not be found by run id.
    app._telemetry["tracing"] = False
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
