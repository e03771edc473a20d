"""Starts the servers for the table of all operations: per release two AgentOS with every feature and equal initial state
for each comparison, and a protected one without the features.

    client ──────────────────────► AgentOS        the reference answers
    client ──► gateway, alone ───► its twin       one upstream
    client ──► gateway, both ────► its other twin several upstreams, one of each release
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from child import Child, free_port
from rig import HERE, RELEASES, agentos_command, gateway_child, model_child, python_of
from tokens import SECRET, admin_token

NAMES = dict(zip(RELEASES, ("a", "b"), strict=True))
ONE, SEVERAL = "one upstream", "several upstreams"
TOPOLOGIES = (ONE, SEVERAL)


@dataclass
class CoverageRig:
    """All running servers. Keys are release and topology; `plain` are the protected AgentOS without the features."""

    direct: dict[tuple[str, str], str] = field(default_factory=dict)
    gateways: dict[tuple[str, str], str] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    plain_gateways: dict[tuple[str, str], str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)


def start_everything(release: str, file: str, model_url: str, directory: Path) -> tuple[Child, str]:
    port = free_port()
    command = [python_of(release), str(HERE / "everything_server.py"), "--name", NAMES[release], "--port", str(port)]
    command += ["--db", str(directory / f"{file}.db"), "--model-url", model_url]
    return Child(f"everything-{file}", command, directory / f"{file}.log", cwd=directory), f"http://127.0.0.1:{port}"


def start_gateway(name: str, upstreams: dict[str, str], directory: Path) -> tuple[Child, str]:
    # Only of the protected ones; the open ones ignore it.
    token = {"config_token": admin_token()}
    listed = [{"name": NAMES[release], "url": url, **token} for release, url in upstreams.items()]
    url, child = gateway_child({"id": "coverage", "auth": {"mode": "none"}, "upstreams": listed}, directory, name)
    return child, url


def running_coverage_rig(directory: Path) -> Iterator[CoverageRig]:
    """Starts all servers, the gateways last, yields them and always stops them."""
    rig = CoverageRig()
    try:
        model_url, model = model_child(directory)
        rig.children.append(model)
        waiting = [(model, model_url)]
        behind: dict[tuple[str, str], str] = {}

        def started(child: Child, url: str) -> str:
            rig.children.append(child)
            waiting.append((child, url))
            return url

        for release in RELEASES:
            name = NAMES[release]
            rig.direct[release, ""] = started(*start_everything(release, f"{name}-direct", model_url, directory))
            for topology in TOPOLOGIES:
                file = f"{name}-{topology.split()[0]}"
                behind[release, topology] = started(*start_everything(release, file, model_url, directory))
            port = free_port()
            command = agentos_command(release, f"{name}p", port, model_url, directory)
            plain = Child(f"plain-{name}", [*command, "--jwt", SECRET], directory / f"plain-{name}.log", cwd=directory)
            rig.plain[release] = started(plain, f"http://127.0.0.1:{port}")
        for child, url in waiting:
            child.wait_until_answering(f"{url}/health")
        waiting.clear()
        several = {release: behind[release, SEVERAL] for release in RELEASES}
        both = started(*start_gateway("both", several, directory))
        both_plain = started(*start_gateway("both-plain", rig.plain, directory))
        for release in RELEASES:
            alone = {release: behind[release, ONE]}
            rig.gateways[release, ONE] = started(*start_gateway(f"{NAMES[release]}-alone", alone, directory))
            alone = {release: rig.plain[release]}
            rig.plain_gateways[release, ONE] = started(*start_gateway(f"{NAMES[release]}-plain", alone, directory))
            rig.gateways[release, SEVERAL], rig.plain_gateways[release, SEVERAL] = both, both_plain
        for child, url in waiting:
            child.wait_until_answering(f"{url}/health")
        yield rig
    finally:
        for child in reversed(rig.children):
            child.stop()
