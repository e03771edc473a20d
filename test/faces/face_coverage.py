"""Collects what the official clients saw of each face, and writes it as the section of docs/coverage.md about faces."""

from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
HEADING = "\n## Faces\n"
# The part of the section about clients that were run by hand.
FURTHER = Path(__file__).with_name("further_clients.md")
FACES = [
    *("chat completions", "responses", "MCP 2026-07-28", "MCP 2025-11-25"),
    *("AG-UI 1.0", "AG-UI 0.0.59", "A2A 1.0", "A2A 0.3"),
]
PAUSES = {
    "confirming": "paused: confirmation",
    "asking": "paused: user input",
    "polling": "paused: user feedback",
    "outside": "paused: external execution",
}
RUNS = {"helper": "run an agent", "pair": "run a team", "flow": "run a workflow"}
BACKGROUND = {each: f"background run: {each}" for each in ("read", "follow", "cancel")}
OPERATIONS = [*RUNS.values(), *PAUSES.values(), "second answer", *BACKGROUND.values()]
ABSENT = "–"
INTRODUCTION = """
<!-- Written by `npm run test:faces -- --write-coverage`; a run without the flag fails when this section is out of date. -->

Results of the official clients, with AgentOS 2.9.0 and 3.1.10 behind the gateway. A dash is an operation that the protocol does not have; a
slash separates outcomes of different clients or releases. [faces.md](faces.md) explains the faces, and
[test/faces](../test/faces) names the clients.

"""


class Covered:
    """The outcomes by operation and face."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], set[str]] = {}

    def __call__(self, face: str, operation: str, outcome: str) -> None:
        assert face in FACES and operation in OPERATIONS, (face, operation)
        self.cells.setdefault((operation, face), set()).add(outcome)

    def cell(self, operation: str, face: str) -> str:
        return " / ".join(sorted(self.cells.get((operation, face), {ABSENT})))

    def section(self) -> str:
        head = f"| Operation | {' | '.join(FACES)} |\n|---{'|---' * len(FACES)}|\n"
        rows = [f"| {each} | {' | '.join(self.cell(each, face) for face in FACES)} |\n" for each in OPERATIONS]
        return HEADING + INTRODUCTION + head + "".join(rows) + FURTHER.read_text()


def written() -> str:
    """The section as the page has it."""
    _, heading, section = FILE.read_text().partition(HEADING)
    return heading + section


def write(section: str) -> None:
    FILE.write_text(FILE.read_text().partition(HEADING)[0] + section)
