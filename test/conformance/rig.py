"""Starts the servers of the suite: a scripted model, AgentOS instances of every covered release and the gateway.

    client ──► gateway ──► tap ──► AgentOS ──► model          the path under test
    client ──────────────────────► AgentOS ──► model          the reference path
"""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from child import Child, free_port
from tap import Tap, Taps
from tokens import SECRET, admin_token

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
# Two releases, the older one first; AGNO_RELEASES replaces them.
RELEASES = tuple(os.environ.get("AGNO_RELEASES", "2.9.0 3.1.10").split())
DEFAULT_GATEWAY_COMMAND = "npm start --silent --"


def python_of(release: str) -> str:
    """Returns the interpreter of a release's environment, which run.sh builds."""
    return str(PROJECT / ".venvs" / f"agno-{release}" / "bin" / "python")


@dataclass(frozen=True)
class Spec:
    """Specification of one AgentOS to start."""

    name: str
    release: str
    jwt: bool = False


# The protected instances have a synchronous database: /components requires one, and both kinds occur in
# practice.
SPECS = (
    Spec("a", RELEASES[0]),
    Spec("b", RELEASES[1]),
    Spec("aj", RELEASES[0], jwt=True),
    Spec("bj", RELEASES[1], jwt=True),
)


@dataclass
class Upstream:
    """A running AgentOS with its tap."""

    name: str
    release: str
    jwt: bool
    url: str
    tap: Tap

    @property
    def agent(self) -> str:
        return f"assistant-{self.name}"

    @property
    def hitl(self) -> str:
        return f"hitl-{self.name}"

    @property
    def team(self) -> str:
        return f"team-{self.name}"

    @property
    def workflow(self) -> str:
        return f"wf-{self.name}"

    @property
    def db(self) -> str:
        return f"db-{self.name}"


@dataclass
class Rig:
    """All running servers. `upstreams` is in the order of the gateway's configuration."""

    upstreams: dict[str, Upstream] = field(default_factory=dict)
    gateway_url: str = ""
    gateway_id: str = "conformance"
    children: list[Child] = field(default_factory=list)

    def open_of(self, release: str) -> Upstream:
        """Returns the open instance of this release."""
        return next(u for u in self.upstreams.values() if u.release == release and not u.jwt)

    def protected_of(self, release: str) -> Upstream:
        """Returns the protected instance of this release."""
        return next(u for u in self.upstreams.values() if u.release == release and u.jwt)


def gateway_config(rig: Rig) -> dict[str, object]:
    """Returns the gateway's configuration."""
    upstreams = []
    for upstream in rig.upstreams.values():
        entry: dict[str, object] = {"name": upstream.name, "url": upstream.tap.url}
        if upstream.jwt:
            entry["config_token"] = admin_token()
        upstreams.append(entry)
    return {"id": rig.gateway_id, "auth": {"mode": "none"}, "upstreams": upstreams}


def agentos_command(release: str, name: str, port: int, model_url: str, directory: Path) -> list[str]:
    """Returns the command that starts an AgentOS; options are appended."""
    command = [python_of(release), str(HERE / "agentos_server.py")]
    command += ["--name", name, "--port", str(port), "--model-url", model_url]
    return [*command, "--db", str(directory / f"{name}.db")]


def model_child(directory: Path) -> tuple[str, Child]:
    """Starts the scripted model; returns its base URL and its process."""
    port = free_port()
    command = [sys.executable, str(HERE / "model_server.py"), "--port", str(port)]
    return f"http://127.0.0.1:{port}", Child("model", command, directory / "model.log")


def start_agentos(spec: Spec, port: int, model_url: str, directory: Path) -> Child:
    command = agentos_command(spec.release, spec.name, port, model_url, directory)
    if spec.jwt:
        command += ["--jwt", SECRET, "--sync-db"]
    return Child(f"agentos-{spec.name}", command, directory / f"agentos-{spec.name}.log", cwd=directory)


def gateway_command(config: Path, port: int) -> list[str]:
    """GATEWAY_COMMAND replaces the command that starts the gateway: a build, an image, another branch."""
    command = shlex.split(os.environ.get("GATEWAY_COMMAND", DEFAULT_GATEWAY_COMMAND))
    return [*command, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]


def gateway_child(config: dict[str, object], directory: Path, name: str = "gateway") -> tuple[str, Child]:
    """Starts a gateway with this configuration; returns its base URL and process. JSON is valid YAML and
    needs no library.
    """
    file = directory / f"{name}.yaml"
    file.write_text(json.dumps(config, indent=2))
    port = free_port()
    child = Child(name, gateway_command(file, port), directory / f"{name}.log", cwd=PROJECT)
    return f"http://127.0.0.1:{port}", child


def running_rig(directory: Path) -> Iterator[Rig]:
    """Starts all servers, the gateway last, yields them and always stops them."""
    rig = Rig()
    taps = Taps()
    try:
        model_url, model = model_child(directory)
        rig.children.append(model)
        for spec in SPECS:
            port = free_port()
            rig.children.append(start_agentos(spec, port, model_url, directory))
            rig.upstreams[spec.name] = Upstream(
                spec.name, spec.release, spec.jwt, f"http://127.0.0.1:{port}", taps.open(port)
            )
        model.wait_until_answering(f"{model_url}/health")
        for child, upstream in zip(rig.children[1:], rig.upstreams.values(), strict=True):
            child.wait_until_answering(f"{upstream.url}/health")
        rig.gateway_url, gateway = gateway_child(gateway_config(rig), directory)
        rig.children.append(gateway)
        gateway.wait_until_answering(f"{rig.gateway_url}/health")
        yield rig
    finally:
        for child in reversed(rig.children):
            child.stop()
        taps.close()
