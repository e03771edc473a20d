"""Two AgentOS, one of each release, and a gateway with its faces on. Official clients do the asking."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from face_coverage import Covered

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from child import Child, free_port  # noqa: E402
from rig import PROJECT, RELEASES, gateway_child, model_child, python_of  # noqa: E402

NAMES = {"2.9.0": "a", "3.1.10": "b"}
NODE_CLIENTS = PROJECT / ".venvs" / "faces-node"
NODE = str(PROJECT / "node_modules" / ".bin" / "node")
MCP_NODE_CLIENTS = PROJECT / ".venvs" / "faces-mcp-node"
PLAIN_AGENTS = {
    "b": (
        *("test_simple_text", "test_error_handling", "test_logging_tool", "test_streaming_elicitation"),
        *("test_missing_capability", "test_input_required_result_elicitation"),
        *("greet", "slow_compute", "failing_job", "protocol_error_job"),
    )
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-coverage", action="store_true", help="write the section about faces of docs/coverage.md")


@pytest.fixture(scope="session")
def covered() -> Covered:
    return Covered()


@dataclass(frozen=True)
class Faces:
    """The gateway under test."""

    url: str
    audit: Path

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    def node(self, script: str, *arguments: str, clients: Path = NODE_CLIENTS) -> Any:
        """Runs a script that uses official JavaScript clients. Its last line is JSON."""
        copy = clients / Path(script).name
        copy.write_text((HERE / script).read_text())
        return last_line([NODE, str(copy), self.url, *arguments])

    def python(self, environment: str, script: str, path: str, *arguments: str) -> Any:
        """Runs a script that uses official Python clients of another environment. Its last line is JSON."""
        python = PROJECT / ".venvs" / environment / "bin" / "python"
        return last_line([str(python), str(HERE / script), f"{self.url}{path}", *arguments])


def last_line(command: list[str]) -> Any:
    """Runs a program; its last line is JSON."""
    done = finished(command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def finished(command: list[str], timeout: float = 90) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faces]:
    directory = tmp_path_factory.mktemp("faces")
    children: list[Child] = []
    try:
        model_url, model = model_child(directory)
        children.append(model)
        upstreams = []
        for release, name in NAMES.items():
            port = free_port()
            command = [python_of(release), str(HERE / "pausing_server.py"), "--name", name, "--port", str(port)]
            command += ["--db", str(directory / f"{name}.db"), "--model-url", model_url]
            # The conformance suite calls tools by name: here they are agents.
            command += [f"--plain={agent}" for agent in PLAIN_AGENTS.get(name, ())]
            children.append(Child(f"agentos-{name}", command, directory / f"{name}.log", cwd=directory))
            upstreams.append({"name": name, "url": f"http://127.0.0.1:{port}"})
        for child, upstream in zip(children[1:], upstreams, strict=True):
            child.wait_until_answering(f"{upstream['url']}/health")
        mounts = [{"path": "/chat", "agent": "helper-b"}]
        shown = {"openai": True, "mcp": True, "a2a": {"default": "agent/helper-b"}, "agui": {"mounts": mounts}}
        audit = directory / "audit.jsonl"
        config = {"id": "faces", "upstreams": upstreams, "faces": shown, "audit": {"file": str(audit)}}
        url, gateway = gateway_child(config, directory)
        children.append(gateway)
        gateway.wait_until_answering(f"{url}/health")
        yield Faces(url, audit)
    finally:
        for child in reversed(children):
            child.stop()


@pytest.fixture(params=RELEASES)
def suffix(request: pytest.FixtureRequest) -> str:
    """End of the ids on the AgentOS of one release."""
    return NAMES[request.param]
