"""Makes two answers comparable: values that differ between runs are replaced, all others must be equal.

Ids become numbers in order of first appearance across all answers of a scenario, so that equal ids in
different answers stay equal.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECONDS_IN_TEXT = re.compile(r"\b\d+\.\d+s\b")
TIME_KEYS = {"start_time", "end_time"}
DURATION_KEYS = {"duration", "time_to_first_token"}


@dataclass(frozen=True)
class Event:
    """A server-sent event: its name, its `data`, and its original lines."""

    name: str | None
    data: str
    lines: tuple[str, ...]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.data)


def parse_events(body: bytes) -> list[Event]:
    """Returns the complete events of a stream; an incomplete last one is dropped."""
    events = []
    for block in body.decode().split("\n\n")[:-1]:
        lines = tuple(block.split("\n"))
        fields = [line.partition(":") for line in lines]
        name = next((value.strip() for key, _, value in fields if key == "event"), None)
        data = "\n".join(value.removeprefix(" ") for key, _, value in fields if key == "data")
        events.append(Event(name, data, lines))
    return events


class Normaliser:
    """One normaliser per side of a comparison."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def json(self, value: Any, key: str = "") -> Any:
        """Returns `value` with its volatile parts replaced; `key` is the name of its member."""
        if isinstance(value, dict):
            return {name: self.json(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.json(item, key) for item in value]
        if value is not None and (key in TIME_KEYS or key.endswith("_at")):
            return "<time>"
        if isinstance(value, int | float) and (key in DURATION_KEYS or key.endswith("_ms")):
            return "<duration>"
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        value = UUID.sub(lambda match: self._ids.setdefault(match[0], f"<id {len(self._ids) + 1}>"), value)
        return SECONDS_IN_TEXT.sub("<duration>", value)

    def event(self, event: Event) -> Any:
        """Returns name, data and line structure, so that an added or lost `id:` or comment line shows."""
        shape = [line.partition(":")[0] for line in event.lines]
        try:
            data = self.json(event.json) if event.data else None
        except json.JSONDecodeError:
            data = self.text(event.data)
        return {"event": event.name, "data": data, "lines": shape}
