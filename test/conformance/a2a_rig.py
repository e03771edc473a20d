"""Starts the servers of the A2A tests: AgentOS instances, a Google ADK agent and the gateway in front of them.

    client ──► gateway ──A2A──► AgentOS ──► model
                       ──A2A──► Google ADK
    A2A client ──► gateway ────► AgentOS          the same interface, passed through
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from child import Child, free_port
from rig import HERE, PROJECT, RELEASES, agentos_command, gateway_child, model_child
from tokens import SECRET, admin_token

ADK_AGENT = "facts"
# One agent of each release, named after it; the last one requires a token.
NAMES = dict(zip(RELEASES, ("a", "b"), strict=True))
PROTECTED = "p"


@dataclass
class A2aRig:
    """All running servers of the A2A tests."""

    gateway_url: str = ""
    # The gateway whose upstreams are the AgentOS instances themselves.
    interface_url: str = ""
    # The same with a budget.
    counting_url: str = ""
    adk_url: str = ""
    agentos_urls: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)


def component(url: str, kind: str, key: str, name: str) -> dict[str, object]:
    return {"base_url": f"{url}/a2a/{kind}/{name}", key: name, "protocol": "a2a", "a2a_protocol": "rest"}


def gateway_config(rig: A2aRig) -> dict[str, object]:
    urls = rig.agentos_urls.items()
    adk = {"name": ADK_AGENT, "url": rig.adk_url, "protocol": "a2a", "a2a_protocol": "json-rpc"}
    open_urls = [(name, url) for name, url in urls if name != PROTECTED]
    return {
        "id": "a2a",
        "auth": {"mode": "none"},
        "upstreams": [adk],
        "agents": [component(url, "agents", "agent_id", f"assistant-{name}") for name, url in urls],
        "teams": [component(url, "teams", "team_id", f"team-{name}") for name, url in open_urls],
        "workflows": [component(url, "workflows", "workflow_id", f"wf-{name}") for name, url in open_urls],
    }


def interface_config(rig: A2aRig) -> dict[str, object]:
    upstreams = [{"name": name, "url": rig.agentos_urls[name]} for name in NAMES.values()]
    return {"id": "a2a", "auth": {"mode": "none"}, "upstreams": upstreams}


def start_gateway(rig: A2aRig, name: str, settings: dict[str, object], directory: Path) -> str:
    """Returns its URL once it answers."""
    url, gateway = gateway_child(settings, directory, name)
    rig.children.append(gateway)
    gateway.wait_until_answering(f"{url}/health")
    return url


def start_agentos(rig: A2aRig, release: str, name: str, model_url: str, directory: Path, *extra: str) -> None:
    port = free_port()
    command = [*agentos_command(release, name, port, model_url, directory), "--a2a", *extra]
    rig.agentos_urls[name] = f"http://127.0.0.1:{port}"
    rig.children.append(Child(f"a2a-{name}", command, directory / f"a2a-{name}.log", cwd=directory))


def running_a2a_rig(directory: Path) -> Iterator[A2aRig]:
    """Starts all servers, the gateway last, yields them and always stops them."""
    rig = A2aRig()
    try:
        adk_port = free_port()
        model_url, model = model_child(directory)
        rig.children.append(model)
        rig.adk_url = f"http://127.0.0.1:{adk_port}"
        adk_python = PROJECT / ".venvs" / "adk" / "bin" / "python"
        adk = Child("adk", [str(adk_python), str(HERE / "adk_server.py"), "--port", str(adk_port)], directory / "adk.log")
        rig.children.append(adk)
        for release in RELEASES:
            start_agentos(rig, release, NAMES[release], model_url, directory)
        start_agentos(rig, RELEASES[-1], PROTECTED, model_url, directory, "--jwt", SECRET)
        model.wait_until_answering(f"{model_url}/health")
        adk.wait_until_answering(f"{rig.adk_url}/.well-known/agent-card.json")
        for child, url in zip(rig.children[2:], rig.agentos_urls.values(), strict=True):
            child.wait_until_answering(f"{url}/health")
        rig.gateway_url = start_gateway(rig, "gateway", gateway_config(rig), directory)
        rig.interface_url = start_gateway(rig, "interface", interface_config(rig), directory)
        budget = {"name": "components", "by": "component", "tokens": 1_000_000, "window": "month"}
        counting = {**interface_config(rig), "id": "counting", "budgets": [budget]}
        rig.counting_url = start_gateway(rig, "counting", counting, directory)
        yield rig
    finally:
        for child in reversed(rig.children):
            child.stop()


TOKEN = {"authorization": f"Bearer {admin_token()}"}
