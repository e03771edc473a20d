"""One request of coverage_steps.py. `{name}` in it is replaced by a value of an earlier answer or of the play."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from caller import Answer

Context = dict[str, Any]
Fields = dict[str, Any] | Callable[[Context], dict[str, Any]]

UNKNOWN = "00000000-0000-4000-8000-000000000000"
BOTH = ("2.9.0", "3.1.10")
NEW = ("3.1.10",)


@dataclass(frozen=True)
class Step:
    """One request. `path` is the operation's path; `at` overrides the play's own values in it."""

    method: str
    path: str
    at: dict[str, str] = field(default_factory=dict)
    params: Fields = field(default_factory=dict)
    form: Fields | None = None
    json: Any = None
    files: Any = None
    keep: dict[str, str] = field(default_factory=dict)
    until: Callable[[Answer], bool] | None = None
    releases: tuple[str, ...] = BOTH
    # The AgentOS with every feature, or the protected one without them: some operations only report there
    # that they are off, and some need a known caller.
    plain: bool = False

    @property
    def operation(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, **options: Any) -> Step:
    return Step("GET", path, **options)


def post(path: str, **options: Any) -> Step:
    return Step("POST", path, **options)


def patch(path: str, **options: Any) -> Step:
    return Step("PATCH", path, **options)


def delete(path: str, **options: Any) -> Step:
    return Step("DELETE", path, **options)


def confirmed(name: str, key: str) -> Callable[[Context], dict[str, Any]]:
    """Returns the form that continues a run whose `name` (tools, requirements) was stored, with all confirmed."""

    def form(context: Context) -> dict[str, Any]:
        items = context[key]
        for item in items:
            item["confirmed"] = True
            item["confirmation"] = True
            if isinstance(item.get("tool_execution"), dict):
                item["tool_execution"]["confirmed"] = True
        return {name: json.dumps(items), "session_id": context["session"], "stream": "false"}

    return form


def has(key: str, *values: Any) -> Callable[[Answer], bool]:
    return lambda answer: answer.is_json and answer.json.get(key) in values


def listed(key: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.is_json and bool(answer.json[key])
