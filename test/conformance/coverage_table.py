"""Writes docs/coverage.md: the answers of every operation, directly and through the gateway, with explained
differences.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from coverage_play import Outcome
from coverage_rig import ONE, SEVERAL, TOPOLOGIES
from rig import PROJECT, RELEASES
from routes import operations

FILE = Path(PROJECT) / "docs" / "coverage.md"
# The section that test/faces writes.
FACES = "\n## Faces\n"
Results = Mapping[tuple[str, str], Sequence[Outcome]]

# Permitted differences by operation and topology: the paths in the answer, and the reason.
EXPLAINED: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("GET /", ONE): (
        ("body.name", "body.id", "body.version", "headers.vary"),
        "the gateway has its own name, and a page for browsers",
    ),
    ("GET /info", ONE): (
        ("body.os_id", "body.os_version", "body.mcp.tool_run_endpoint", "body.user_isolation"),
        "the gateway's own id and version; members of AgentOS 3 are present for 2.x too",
    ),
    ("GET /config", ONE): (("body.os_id",), "the gateway's own id"),
    ("DELETE /knowledge/content/{content_id}", SEVERAL): (
        ("status", "body"),
        "the first upstream answers for an unknown id: 2.9.0 with 200, 3.1.10 with 404",
    ),
    ("DELETE /service-accounts/{service_account_id}", SEVERAL): (
        ("headers.content-type",),
        "the upstreams are tried in turn, and the empty 204 has no content type",
    ),
}

# Operations that only occurred in one state, and the reason.
NO_SUCCESS: dict[str, str] = {
    "PUT /components": "declared only if the feature is off",
    "PATCH /components": "declared only if the feature is off",
    "DELETE /components": "declared only if the feature is off",
    "GET /queue": "declared only if the feature is off; `/queue/jobs` and `/queue/stats` are in the table",
    "PUT /queue": "declared only if the feature is off",
    "POST /queue": "declared only if the feature is off",
    "DELETE /queue": "declared only if the feature is off",
    "PATCH /queue": "declared only if the feature is off",
    "POST /knowledge/content/{content_id}/refresh": "needs content from a public address",
}


def unexplained(outcome: Outcome, topology: str) -> list[str]:
    """Returns the differences of a step without an explanation."""
    places, _ = EXPLAINED.get((outcome.step.operation, topology), ((), ""))
    return [each for each in outcome.differences if not each.startswith(places or ("\0",))]


def cell(outcomes: Sequence[Outcome], topology: str) -> str:
    ways = [way for way in dict.fromkeys(outcome.way for outcome in outcomes) if way]
    said = "equal" if not ways else f"equal; {', '.join(ways)}"
    if any(outcome.differences for outcome in outcomes):
        _, why = EXPLAINED.get((outcomes[0].step.operation, topology), ((), "unexplained"))
        said += f"; but: {why}"
    return said


def rows(results: Results, release: str) -> list[str]:
    one, several = results[release, ONE], results[release, SEVERAL]
    listed = [f"{operation.method} {operation.path}" for operation in operations(release)]
    played = list(dict.fromkeys(outcome.step.operation for outcome in one))
    lines = []
    for operation in [*listed, *[each for each in played if each not in listed]]:
        ones = [outcome for outcome in one if outcome.step.operation == operation]
        others = [outcome for outcome in several if outcome.step.operation == operation]
        statuses = ", ".join(str(status) for status in sorted({outcome.direct for outcome in ones}))
        lines.append(f"| `{operation}` | {statuses} | {cell(ones, ONE)} | {cell(others, SEVERAL)} |")
    return lines


INTRODUCTION = """# Every operation, compared with AgentOS

<!-- Written by `npm run test:conformance -- -k coverage --write-coverage`; a run without the flag fails when this page is out of date. -->

Each operation of both releases is sent to a real AgentOS, and through the gateway to a second one with the same history of requests.
Each is sent with valid and with invalid input, after its data was created. *AgentOS* lists the statuses without the gateway.
*Equal* means the same status, the same headers on which a client may rely, and the same body or events, with ids and times replaced.
In front of several upstreams (one of each release):

- `db_id` or `x-agentos-upstream`: the request is ambiguous and gets 400 with AgentOS's text; with this name, it is equal.
- *joined*: without a name, the answer contains the items of all upstreams, and so all of the AgentOS's; with a name it is equal.
- *merged*: figures are added, and a list that the releases write differently is empty; with a name the answer is equal.
- *another text*: a refusal with the text of another upstream; with a name it is equal.
- *422 unnamed* and the like: the status without a name; with a name the answer is equal.

"""


def rendered(results: Results) -> str:
    parts = [INTRODUCTION]
    for release in RELEASES:
        count = len(operations(release))
        parts.append(f"## AgentOS {release}\n\n{count} operations, and operations of optional features.\n\n")
        parts.append("| Operation | AgentOS | One upstream | Several upstreams |\n|---|---|---|---|\n")
        parts += [f"{line}\n" for line in rows(results, release)]
        parts.append("\n")
    parts.append("## Operations without a successful answer\n\n")
    parts += [f"- `{operation}`: {why}\n" for operation, why in NO_SUCCESS.items()]
    return "".join(parts)


def written() -> str:
    """The page without the section about faces."""
    return FILE.read_text().partition(FACES)[0]


def write(page: str) -> None:
    _, heading, section = FILE.read_text().partition(FACES)
    FILE.write_text(page + heading + section)


__all__ = ["NO_SUCCESS", "TOPOLOGIES", "Results", "rendered", "unexplained", "write", "written"]
