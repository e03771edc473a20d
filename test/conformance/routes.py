"""Reads the operations of each AgentOS release from wire/routes-*.txt, for tests that cover all of them."""

import re
from dataclasses import dataclass
from pathlib import Path

WIRE = Path(__file__).resolve().parent / "wire"
LINE = re.compile(
    r"^(?P<method>[A-Z]+)\s+(?P<path>/\S*)"
    r"(?:\s+query: (?P<query>.*?))?"
    r"(?:\s+body (?P<media>\S+): (?P<body>.*?))?"
    r"\s+-> (?P<statuses>[\d,]+)$"
)


@dataclass(frozen=True)
class Operation:
    """One operation. A name that ends in `!` is required and is in `required` without the mark."""

    method: str
    path: str
    query: tuple[str, ...]
    media_type: str | None
    body: tuple[str, ...]
    required: frozenset[str]
    statuses: tuple[int, ...]

    @property
    def parameters(self) -> list[str]:
        """Returns the parameter names in the path: `agent_id` for /agents/{agent_id}."""
        return re.findall(r"{(\w+)}", self.path)


def parse(line: str) -> Operation:
    match = LINE.match(line)
    if match is None:
        raise ValueError(f"not an operation: {line!r}")
    query = (match["query"] or "").split()
    body = (match["body"] or "").split(", ") if match["body"] else []
    return Operation(
        method=match["method"],
        path=match["path"],
        query=tuple(name.rstrip("!") for name in query),
        media_type=match["media"],
        body=tuple(name.rstrip("!") for name in body),
        required=frozenset(name.rstrip("!") for name in [*query, *body] if name.endswith("!")),
        statuses=tuple(int(status) for status in match["statuses"].split(",")),
    )


def operations(release: str) -> list[Operation]:
    """Returns every operation of a release in the order of its file."""
    lines = (WIRE / f"routes-{release}.txt").read_text().splitlines()
    return [parse(line) for line in lines if line.strip() and not line.startswith("#")]
