"""Removes differences between an AgentOS and its twin, and finds the remaining ones."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from normal import Normaliser

Compared = dict[str, Any]

HEX = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b")
MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
SCHEDULE_RUN = re.compile(r"\bsr_\d+_")
ANY_ID = re.compile(r"<id \d+>")
ABSENT = "(absent)"
VOLATILE = {"path", "duration", "search_time_ms", "last_refreshed_at", "instantiated_at", "token", "token_prefix", "worker_id", "locked_by", "bucket"}


class CoverageNormaliser(Normaliser):
    """Also removes trace ids, times in text and speed figures, which differ between an AgentOS and its twin."""

    def json(self, value: Any, key: str = "") -> Any:
        if key in VOLATILE and value is not None:
            return f"<{key}>"
        if isinstance(value, float):
            return "<float>"
        if isinstance(value, int) and not isinstance(value, bool) and value > 1_500_000_000:
            return "<moment>"
        if isinstance(value, str) and value[:1] in ("{", "["):
            with contextlib.suppress(json.JSONDecodeError):
                return self.json(json.loads(value))
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            # AgentOS builds these lists from sets.
            return sorted(self.text(item) for item in value)
        return super().json(value, key)

    def text(self, value: str) -> str:
        value = SCHEDULE_RUN.sub("sr_<moment>_", MOMENT.sub("<moment>", super().text(value)))
        return HEX.sub(lambda match: self._ids.setdefault(match[0], f"<id {len(self._ids) + 1}>"), value)


class Nameless(CoverageNormaliser):
    """Treats all ids as equal."""

    def text(self, value: str) -> str:
        return ANY_ID.sub("<id>", super().text(value))


def differences(expected: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    """Returns the paths at which two comparable answers differ, with both values."""
    parts = ("status", "headers", "body")
    return [found for part in parts for found in differing(expected[part], seen[part], part)]


def differing(left: Any, right: Any, at: str) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in {**left, **right}:
            yield from differing(left.get(key, ABSENT), right.get(key, ABSENT), f"{at}.{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differing(one, other, f"{at}.{index}")
    elif left != right:
        yield f"{at}: {json.dumps(left)[:200]} | {json.dumps(right)[:200]}"


def is_within(part: Any, whole: Any) -> bool:
    """Returns whether every list item in `part` is in the list at the same path in `whole`."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(item in whole for item in part)
    return type(part) is type(whole)
