"""Tests that a client generated from the gateway's OpenAPI document loads, type-checks and works on real
AgentOS servers.
"""

import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from rig import HERE, PROJECT, Rig, Upstream
from tokens import admin_token

BIN = PROJECT / ".venvs" / "client" / "bin"
PACKAGE = "agentos_client"
LIMIT_SECONDS = 120
LOAD_ALL = f"""
import importlib, pkgutil, {PACKAGE} as made
names = [module.name for module in pkgutil.walk_packages(made.__path__, "{PACKAGE}.")]
[importlib.import_module(name) for name in names]
print(len(names))
"""


def said(directory: Path, *command: str) -> str:
    """Runs a program that must succeed, with the generated client on its path; returns its output."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(directory)}
    environment["MYPYPATH"] = str(directory)
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def made(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generates the client; returns its directory."""
    directory = tmp_path_factory.mktemp("generated")
    document = directory / "openapi.json"
    # An AgentOS builds its document on the first request, which can take longer than the gateway waits.
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        answer = httpx.get(f"{rig.gateway_url}/openapi.json", trust_env=False, timeout=LIMIT_SECONDS)
        if "x-agentos-partial" not in answer.headers:
            break
        assert time.monotonic() < deadline, answer.headers
    document.write_bytes(answer.content)
    how = ["--path", str(document), "--output-path", str(directory / PACKAGE), "--meta", "none", "--fail-on-warning"]
    said(directory, "openapi-python-client", "generate", *how)
    return directory


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_every_module_of_the_generated_client_loads(made: Path) -> None:
    assert int(said(made, "python", "-c", LOAD_ALL)) > 300


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_a_program_with_the_generated_client_type_checks(made: Path) -> None:
    how = ["--strict", "--follow-imports=silent", "--cache-dir", str(made / "mypy")]
    said(made, "mypy", *how, str(HERE / "generated_client_use.py"))


@pytest.mark.timeout(2 * LIMIT_SECONDS)
@pytest.mark.parametrize("is_protected", [False, True], ids=["open", "protected"])
def test_the_generated_client_works_on_every_agentos(rig: Rig, made: Path, release: str, is_protected: bool) -> None:
    upstream: Upstream = rig.protected_of(release) if is_protected else rig.open_of(release)
    whom = ["--url", rig.gateway_url, "--name", upstream.name, "--token", admin_token()]
    said(made, "python", str(HERE / "generated_client_use.py"), *whom)
