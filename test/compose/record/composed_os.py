"""An AgentOS whose teams and workflows have local members: the reference for composition of remote members."""

import os

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS
from agno.team import Team
from agno.team.mode import TeamMode
from agno.tools import tool
from agno.workflow import Condition, Loop, Parallel, Router, Step, Steps, Workflow
from agno.workflow.types import HumanReview

db = SqliteDb(db_file=os.environ["DB"], id="composed-db")


@tool(requires_confirmation=True)
def pay(amount: str) -> str:
    """Pays."""
    return "paid " + amount


# The second of two parallel members.
LATE = {"bob", "fay", "max"}


def model(prefix: str = "") -> OpenAILike:
    return OpenAILike(id="fake", base_url=os.environ["MODEL_URL"] + prefix + "/v1", api_key="x")


def agent(name: str, **options) -> Agent:
    prefix = "/late" if name in LATE else ""
    return Agent(id=name, name=name.title(), role="knows " + name, model=model(prefix), **options)


def team(name: str, members: list, mode: TeamMode | None = None) -> Team:
    return Team(
        id=name, name=name.title(), members=members, model=model(), mode=mode, db=db, store_member_responses=True
    )


def inner(name: str, member: str) -> Team:
    return Team(id=name, name=name.title(), members=[agent(member)], model=model())


def step(name: str, member: str, **options) -> Step:
    return Step(name=name, agent=agent(member), **options)


def workflow(name: str, *steps) -> Workflow:
    return Workflow(id=name, name=name.title(), steps=list(steps), db=db)


def reviewed(**options) -> HumanReview:
    return HumanReview(on_reject="retry", **options)


EAST = step("east", "ron")

teams = [
    team("coordinate", [agent("ann"), agent("bob")], TeamMode.coordinate),
    team("route", [agent("cat"), agent("dan")], TeamMode.route),
    team("broadcast", [agent("eve"), agent("fay")], TeamMode.broadcast),
    team("nested", [inner("inner", "gus"), agent("hal")]),
    team("payers", [agent("payer", tools=[pay], db=db)]),
]
workflows = [
    workflow("chain", step("one", "ida"), step("two", "jim")),
    workflow(
        "fan", step("one", "kai"), Parallel(step("left", "lea"), step("right", "max"), name="both"), step("last", "ned")
    ),
    workflow(
        "choice",
        Condition(name="gate", evaluator=lambda view: "yes" in str(view.input), steps=[step("then", "ole")]),
        step("after", "pia"),
    ),
    workflow("again", Loop(name="polish", steps=[step("edit", "quy")], max_iterations=2)),
    workflow("router", Router(name="pick", choices=[EAST, step("west", "sue")], selector=lambda view: [EAST])),
    workflow("group", Steps(name="block", steps=[step("a", "tom"), step("b", "una")])),
    workflow("teamstep", Step(name="team", team=inner("vteam", "vic"))),
    workflow("asks", Step(name="gate", agent=agent("payer2", tools=[pay], db=db)), step("after", "wes")),
    workflow(
        "confirm",
        step("gate", "xia", human_review=HumanReview(requires_confirmation=True, confirmation_message="go?")),
        step("after", "yan"),
    ),
    workflow(
        "review",
        step("draft", "zoe", human_review=reviewed(requires_output_review=True, output_review_message="good?")),
        step("after", "abe"),
    ),
    workflow(
        "choose",
        Router(
            name="pick",
            choices=[step("left", "bea"), step("right", "cid")],
            human_review=HumanReview(requires_user_input=True, user_input_message="where?"),
        ),
        step("after", "dot"),
    ),
    workflow(
        "detour",
        Router(
            name="pick",
            choices=[step("left", "eli"), step("right", "flo")],
            selector=lambda view: "left",
            human_review=reviewed(requires_output_review=True, output_review_message="good?"),
        ),
        step("after", "gil"),
    ),
    workflow(
        "refine",
        Loop(
            name="polish",
            steps=[step("edit", "hue")],
            max_iterations=3,
            human_review=reviewed(requires_iteration_review=True, iteration_review_message="done?"),
        ),
        step("after", "ivy"),
    ),
]
app = AgentOS(id="composed-os", teams=teams, workflows=workflows, db=db, telemetry=False).get_app()
