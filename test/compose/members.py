"""A real AgentOS with the members of the recorded compositions, under the ids and names they have there."""
import os

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

db = SqliteDb(db_file=os.environ["DB"], id=os.environ["OS_ID"] + "-db")


def agent(name: str) -> Agent:
    model = OpenAILike(id="fake", base_url=os.environ["MODEL_URL"], api_key="x")
    return Agent(id=name, name=name.title(), role="knows " + name, model=model, db=db)


agents = [agent(name) for name in os.environ["MEMBERS"].split(",")]
app = AgentOS(id=os.environ["OS_ID"], agents=agents, db=db, telemetry=False).get_app()
