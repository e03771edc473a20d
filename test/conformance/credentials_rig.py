"""Starts the servers of the credential tests: AgentOS instances with keys and audiences of their own.

    client ──► gateway ──► tap ──► AgentOS     one tap per upstream of each gateway records what it received

Two gateways use the same four AgentOS. `minting` mints tokens for all of them. `policies` knows two AgentOS, one of
each release, under several names with different credentials.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from child import Child, free_port
from rig import RELEASES, agentos_command, gateway_child, model_child
from tap import Exchange, Tap, Taps
from tokens import SECRET, bearer, token

GATEWAY_AUDIENCE = "agentos-gateway"
# Lifetime of minted tokens in seconds. AgentOS accepts them for ten seconds longer.
TTL_SECONDS = 3
API_KEY = "key-of-the-api"


@dataclass(frozen=True)
class Server:
    """An AgentOS with the tokens it accepts."""

    name: str
    release: str
    algorithm: str
    url: str
    # Signing key and verification key of the server, which are equal for a shared secret.
    signing_key: str
    verifying_key: str
    # The signing key as a file, when it is a private key.
    key_file: Path

    @property
    def audience(self) -> str:
        return f"os-{self.name}"

    def component(self, kind: str = "assistant") -> str:
        return f"{kind}-{self.name}"

    @property
    def db(self) -> str:
        return f"db-{self.name}"

    def token(self, scopes: list[str], **claims: Any) -> str:
        """Returns a token as the server's own issuer would sign it."""
        return token(scopes=scopes, secret=self.signing_key, algorithm=self.algorithm, aud=self.audience, **claims)

    @property
    def admin(self) -> dict[str, str]:
        return bearer(self.token(["agent_os:admin"]))

    @property
    def mint(self) -> dict[str, object]:
        """Returns the gateway's credentials policy for this server."""
        is_shared = self.algorithm.startswith("HS")
        key = {"secret": self.signing_key} if is_shared else {"private_key_file": str(self.key_file)}
        return {"alg": self.algorithm, **key, "audience": self.audience, "ttl": TTL_SECONDS}


@dataclass
class Entry:
    """A server as one upstream of one gateway."""

    name: str
    server: Server
    tap: Tap

    def authorizations(self) -> set[str]:
        """Returns every `Authorization` that the server received, and every token in a WebSocket frame."""
        found = {value for e in self.exchanges for name, value in e.request_headers if name == "authorization"}
        frames = [json.loads(text) for e in self.exchanges for text in e.frames]
        return found | {f"Bearer {frame['token']}" for frame in frames if "token" in frame}

    @property
    def exchanges(self) -> list[Exchange]:
        return list(self.tap.exchanges)

    def everything(self) -> str:
        """Returns everything that the server received."""
        return "\n".join(
            str([e.target, e.request_headers, e.request_body.decode("latin-1"), e.frames]) for e in self.exchanges
        )

    def tokens_of(self, path: str) -> list[dict[str, Any]]:
        """Returns the claims of the tokens in requests for this path."""
        headers = [dict(e.request_headers) for e in self.exchanges if e.target.partition("?")[0] == path]
        return [claims_of(each["authorization"]) for each in headers if "authorization" in each]


@dataclass
class Gateway:
    url: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass
class CredentialsRig:
    """All running servers of the credential tests."""

    servers: list[Server] = field(default_factory=list)
    minting: Gateway = field(default_factory=Gateway)
    policies: Gateway = field(default_factory=Gateway)
    children: list[Child] = field(default_factory=list)
    # Tokens that callers of the gateways have sent.
    shown: list[str] = field(default_factory=list)

    def server(self, release: str, algorithm: str) -> Server:
        return next(s for s in self.servers if s.release == release and s.algorithm == algorithm)


def claims_of(authorization: str) -> dict[str, Any]:
    return jwt.decode(authorization.removeprefix("Bearer "), options={"verify_signature": False})


def caller_token(scopes: list[str], subject: str = "u1", **claims: Any) -> str:
    """Returns a token for the gateway. An HS256 server that it names as audience also accepts it, because
    they share the key.
    """
    return token(scopes=scopes, subject=subject, **{"aud": GATEWAY_AUDIENCE, **claims})


def rsa_pair() -> tuple[str, str]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), public.decode()


def start_servers(rig: CredentialsRig, model_url: str, directory: Path) -> None:
    for release in RELEASES:
        for algorithm in ("HS256", "RS256"):
            name = f"{algorithm[:2].lower()}{release.partition('.')[0]}"
            # The shared secret is the gateway's own, so that a caller's token can be forwarded.
            signing, verifying = (SECRET, SECRET) if algorithm == "HS256" else rsa_pair()
            port = free_port()
            key_file = directory / f"{name}.pem"
            key_file.write_text(signing)
            server = Server(name, release, algorithm, f"http://127.0.0.1:{port}", signing, verifying, key_file)
            command = agentos_command(release, name, port, model_url, directory)
            command += ["--jwt", verifying, "--algorithm", algorithm, "--audience", server.audience]
            command += ["--sync-db", "--a2a"]
            rig.children.append(Child(f"agentos-{name}", command, directory / f"{name}.log", cwd=directory))
            rig.servers.append(server)


def upstream(entry: Entry, **more: object) -> dict[str, object]:
    return {"name": entry.name, "url": entry.tap.url, **more}


def minting_config(rig: CredentialsRig) -> dict[str, object]:
    """Configures a minted token for every server; the gateway itself enforces scopes."""
    entries = rig.minting.entries.values()
    upstreams = [upstream(e, credentials={"mint": e.server.mint}) for e in entries if e.server.name == e.name]
    agents = []
    for e in entries:
        if e.name == e.server.name:
            continue
        url = f"{e.tap.url}/a2a/agents/{e.server.component()}"
        a2a = {"protocol": "a2a", "a2a_protocol": "rest", "discover": False}
        upstreams.append({"name": e.name, "url": url, **a2a, "credentials": {"mint": e.server.mint}})
        agents.append({"upstream": e.name, "agent_id": e.server.component(), "id": f"a2a-{e.server.name}"})
    return {"auth": auth(authorization=True), "upstreams": upstreams, "agents": agents}


def policies_config(rig: CredentialsRig) -> dict[str, object]:
    """Configures two servers under several names; the servers themselves enforce scopes."""
    upstreams = []
    for entry in rig.policies.entries.values():
        kind, _, name = entry.name.partition("-")
        admin = entry.server.token(["agent_os:admin"], subject="gateway-config")
        how: dict[str, dict[str, object]] = {
            "forward": {"credentials": "forward", "service_accounts": True, "config_token": admin},
            "none": {"credentials": "none", "config_token": admin},
            "bearer": {"credentials": {"bearer": entry.server.token(["agent_os:admin"], subject="fixed")}},
            "headers": {"credentials": {"mint": entry.server.mint}, "headers": {"x-api-key": API_KEY}},
        }
        prefixes = {"prefix": f"{kind}-", "database_prefix": f"{kind}-"}
        upstreams.append(upstream(entry, **prefixes, **how[kind]))
    return {"auth": auth(authorization=False), "upstreams": upstreams}


def auth(*, authorization: bool) -> dict[str, object]:
    return {
        "mode": "jwt",
        "authorization": authorization,
        "verify_audience": True,
        "audience": [GATEWAY_AUDIENCE],
        "keys": [{"alg": "HS256", "secret": SECRET}],
    }


def open_taps(rig: CredentialsRig, taps: Taps) -> None:
    def entry(gateway: Gateway, name: str, server: Server) -> None:
        gateway.entries[name] = Entry(name, server, taps.open(int(server.url.rpartition(":")[2])))

    for server in rig.servers:
        entry(rig.minting, server.name, server)
    for server in rig.servers:
        entry(rig.minting, f"a2a-{server.name}", server)
    for release in RELEASES:
        for kind in ("forward", "none", "headers"):
            server = rig.server(release, "HS256")
            entry(rig.policies, f"{kind}-{server.name}", server)
        server = rig.server(release, "RS256")
        entry(rig.policies, f"bearer-{server.name}", server)


def running_credentials_rig(directory: Path) -> Iterator[CredentialsRig]:
    """Starts all servers, the gateways last, yields them and always stops them."""
    rig = CredentialsRig()
    taps = Taps()
    try:
        model_url, model = model_child(directory)
        rig.children.append(model)
        start_servers(rig, model_url, directory)
        for child, server in zip(rig.children[1:], rig.servers, strict=True):
            child.wait_until_answering(f"{server.url}/health")
        open_taps(rig, taps)
        rig.minting.url, minting = gateway_child(minting_config(rig), directory, "minting")
        rig.children.append(minting)
        rig.policies.url, policies = gateway_child(policies_config(rig), directory, "policies")
        rig.children.append(policies)
        minting.wait_until_answering(f"{rig.minting.url}/health")
        policies.wait_until_answering(f"{rig.policies.url}/health")
        yield rig
    finally:
        for child in reversed(rig.children):
            child.stop()
        taps.close()
