"""Plays coverage_steps.py at an AgentOS and through a gateway, and compares each step."""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caller import Answer, Caller
from conform import comparable
from coverage_normal import Compared, CoverageNormaliser, Nameless, differences, is_within
from coverage_step import Context, Step
from routes import operations

NAMED_BY_HEADER = "x-agentos-upstream"
NEEDS_A_NAME = "AGW_UPSTREAM_REQUIRED"
PLACEHOLDER = re.compile(r"{(\w+)}")


def context_of(name: str) -> Context:
    """Ids of the components and data of an AgentOS, as known to the play."""
    components = {"agent_id": "assistant", "team_id": "team", "workflow_id": "wf"}
    components |= {"hitl": "hitl", "payer": "payer", "asking": "asking", "gate": "gate", "db_id": "db"}
    return {"os": name, **{key: f"{prefix}-{name}" for key, prefix in components.items()}}


def filled(value: Any, context: Context) -> Any:
    """Returns `value` with every `{name}` replaced from the context, at any depth."""
    if callable(value):
        return filled(value(context), context)
    if isinstance(value, dict):
        return {name: filled(item, context) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, context) for item in value]
    if not isinstance(value, str):
        return value
    return PLACEHOLDER.sub(lambda match: str(context.get(match[1], match[0])), value)


def picked(answer: Answer, path: str) -> Any:
    """Returns the value at `data.0.id` of a JSON answer, or None; `**.id` is the first `id` anywhere in it."""
    if path.startswith("**."):
        found = re.search(rf'"{path[3:]}":\s*"([^"]+)"', answer.body.decode())
        return found and found[1]
    value: Any = answer.json if answer.is_json else None
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


class Player:
    """Sends steps to one side and stores values from their answers."""

    def __init__(self, caller: Caller, name: str) -> None:
        self.caller = caller
        self.context = context_of(name)

    def send(self, step: Step, params: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Answer:
        here = {**self.context, **filled(step.at, self.context)}
        options: dict[str, Any] = {"params": {**filled(step.params, here), **(params or {})}}
        if step.form is not None:
            options["data"] = filled(step.form, here)
        if step.json is not None:
            options["json"] = filled(step.json, here)
        if step.files is not None:
            options["files"] = step.files
        if headers:
            options["headers"] = headers
        path = filled(step.path, here)
        if step.until:
            return self.caller.poll(path, step.until, **options)
        return self.caller.send(step.method, path, **options)

    def play(self, steps: Sequence[Step]) -> list[Answer]:
        return [self.keep(step, self.send(step)) for step in steps]

    def keep(self, step: Step, answer: Answer) -> Answer:
        for name, at in step.keep.items():
            self.context[name] = picked(answer, at)
        return answer


@dataclass(frozen=True)
class Outcome:
    """The result of one step. `way` says how the upstream was found: unnamed, named, or merged lists."""

    step: Step
    direct: int
    through: int
    way: str
    differences: list[str]


class Comparison:
    """A play through the gateway, compared with the answers of a play at an AgentOS in the same initial state."""

    def __init__(self, through: Player, release: str, upstream: str | None) -> None:
        self._through = through
        # The name of the upstream in the gateway's configuration, where there are several.
        self._upstream = upstream
        self._left, self._right = CoverageNormaliser(), CoverageNormaliser()
        self._takes_db = {f"{o.method} {o.path}" for o in operations(release) if "db_id" in o.query}

    def play(self, steps: Sequence[Step], direct: Sequence[Answer]) -> list[Outcome]:
        return [self.step(step, answer) for step, answer in zip(steps, direct, strict=True)]

    def step(self, step: Step, direct: Answer) -> Outcome:
        expected = comparable(direct, self._left, through_gateway=False)
        through, way = self._send_through(step, direct, expected)
        self._through.keep(step, through)
        seen = comparable(through, self._right, through_gateway=True)
        return Outcome(step, direct.status, through.status, way, differences(expected, seen))

    def _send_through(self, step: Step, direct: Answer, expected: Compared) -> tuple[Answer, str]:
        """Sends a step unchanged; names the upstream where that is ambiguous or the answer is merged."""
        answer = self._through.send(step)
        if self._upstream is None:
            return answer, ""
        is_refused = answer.headers.get("x-agentos-gateway-error") == NEEDS_A_NAME
        is_reading = step.method == "GET" or step.path.endswith("/search")
        if not is_refused and (not is_reading or not self._differences(expected, answer)):
            return answer, ""
        together = "" if is_refused else made_of_several(direct, answer)
        if step.operation in self._takes_db:
            named = self._through.send(step, params={"db_id": self._through.context["db_id"]})
            if not self._differences(expected, named):
                return named, together or "`db_id`"
        named = self._through.send(step, headers={NAMED_BY_HEADER: self._upstream})
        return named, together or f"`{NAMED_BY_HEADER}`"

    def _differences(self, expected: Compared, answer: Answer) -> list[str]:
        return differences(expected, comparable(answer, copy.deepcopy(self._right), through_gateway=True))


def made_of_several(direct: Answer, answer: Answer) -> str:
    """Classifies an answer that combines several upstreams."""
    if answer.status != direct.status:
        return f"{answer.status} unnamed"
    if answer.status >= 300:
        return "another text"
    sides = [comparable(each, Nameless(), through_gateway=False)["body"] for each in (direct, answer)]
    return "joined" if is_within(*sides) else "merged"
