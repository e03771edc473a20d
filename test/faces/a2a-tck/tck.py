"""Compares the failures of A2A's own test kit with expected.json. Started by run.sh, with checkouts of the kit."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from conftest import PROJECT, Faces, faces, finished  # noqa: E402, F401

BRANCHES = {"0.3.x": "A2A_TCK_0_3", "main": "A2A_TCK_MAIN"}
PYTHON = str(PROJECT / ".venvs" / "a2a-tck" / "bin" / "python")
# As the kit's own run_tck.py selects the mandatory tests of JSON-RPC.
SELECTED = {
    "0.3.x": ["-m", "mandatory_jsonrpc or mandatory_protocol"],
    "main": ["-m", "mandatory or mandatory_protocol or mandatory_jsonrpc", "--transports=jsonrpc"],
}


@pytest.mark.parametrize("branch", BRANCHES)
def test_kit_fails_where_expected_and_nowhere_else(faces: Faces, branch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.environ[BRANCHES[branch]])
    agent = f"--sut-url={faces.url}/a2a/agents/helper-b/"
    command = [PYTHON, "-m", "pytest", "tests/mandatory/", agent, "--test-scope=all", *SELECTED[branch], "-q", "-rf"]
    done = finished([*command, "--tb=no", "-p", "no:cacheprovider", "--transport-strategy=agent_preferred"], timeout=600)
    failed = set(re.findall(r"^FAILED tests/mandatory/(\S+)", done.stdout, re.MULTILINE))
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))
    expected = json.loads((HERE / "expected.json").read_text())[branch]
    named = {test for tests in expected["failures"].values() for test in tests}
    assert failed - named == set(), "unexpected failures"
    assert named - failed == set(), "unexpected passes: remove them from expected.json"
    assert passed == expected["passed"]
