"""A real AgentOS with the members of the recorded compositions, and the same compositions of local members as anchors."""
import os

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS
from agno.team import Team
from agno.team.mode import TeamMode
from agno.tools import tool
from agno.workflow import Step, Workflow
from agno.workflow.types import HumanReview

db = SqliteDb(db_file=os.environ["DB"], id=os.environ["OS_ID"] + "-db")


@tool(requires_confirmation=True)
def pay(amount: str) -> str:
    """Pays."""
    with open(os.environ["PAID"], "a") as file:
        file.write(amount + "\n")
    return "paid " + amount


@tool(requires_user_input=True, user_input_fields=["reader"])
def send(reader: str) -> str:
    """Sends."""
    return "sent to " + reader


@tool(external_execution=True)
def look(place: str) -> str:
    """Looks."""
    return ""


TOOLS = {"pay": [pay], "sen": [send], "loo": [look]}


def model() -> OpenAILike:
    return OpenAILike(id="fake", base_url=os.environ["MODEL_URL"], api_key="x")


def agent(name: str) -> Agent:
    tools = TOOLS.get(name[:3], [])
    return Agent(id=name, name=name.title(), role="knows " + name, model=model(), db=db, tools=tools)


def team(name: str, mode: TeamMode, members: list) -> Team:
    return Team(id=name, name=name.title(), mode=mode, model=model(), members=members, db=db, store_member_responses=True)


teams = [
    team("local", TeamMode.tasks, [agent("ada"), agent("bea")]),
    team("crew", TeamMode.coordinate, [agent("gus")]),
]
# Pauses twice: its second pause repeats the answered requirement of the first.
asks = Workflow(
    id="asks-twice",
    name="Asks twice",
    steps=[
        Step(name="draft", agent=agent("dee"), human_review=HumanReview(requires_output_review=True)),
        Step(name="send", agent=agent("eli"), human_review=HumanReview(requires_confirmation=True)),
    ],
    db=db,
)
agents = [agent(name) for name in os.environ["MEMBERS"].split(",")]
app = AgentOS(
    id=os.environ["OS_ID"], agents=agents, teams=teams, workflows=[asks], db=db, telemetry=False
).get_app()
