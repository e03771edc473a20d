"""Fixtures: the servers start once per session, and a failing test shows what each of them logged."""

import signal
from collections.abc import Iterator

import pytest

# Before the imports, so that a failing comparison in these modules shows its values.
pytest.register_assert_rewrite("conform", "caller")

from caller import Caller
from conform import Conformance
from rig import RELEASES, Rig, Upstream, running_rig

LOG_OFFSETS = pytest.StashKey[dict[str, int]]()
RIG = pytest.StashKey[Rig]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-coverage", action="store_true", help="write docs/coverage.md instead of checking it")


def pytest_configure(config: pytest.Config) -> None:
    # A cancelled build sends SIGTERM; converted to KeyboardInterrupt it still stops the servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Rig]:
    for rig in running_rig(tmp_path_factory.mktemp("rig")):
        request.config.stash[RIG] = rig
        yield rig


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """The Agno release of the AgentOS under test."""
    return request.param


@pytest.fixture
def upstream(rig: Rig, release: str) -> Upstream:
    """The open AgentOS of this release."""
    return rig.open_of(release)


@pytest.fixture
def protected(rig: Rig, release: str) -> Upstream:
    """The protected AgentOS of this release."""
    return rig.protected_of(release)


@pytest.fixture
def conform(rig: Rig) -> Conformance:
    return Conformance(rig)


@pytest.fixture
def gateway(rig: Rig) -> Iterator[Caller]:
    """A client of the gateway, for requests without a counterpart at an AgentOS."""
    caller = Caller(rig.gateway_url)
    yield caller
    caller.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    rig = item.config.stash.get(RIG, None)
    children = rig.children if rig else []
    item.stash[LOG_OFFSETS] = {child.name: child.log.stat().st_size for child in children}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    rig = item.config.stash.get(RIG, None)
    if report.failed and rig:
        offsets = item.stash.get(LOG_OFFSETS, {})
        for child in rig.children:
            if logged := child.log_tail(offsets.get(child.name, 0)).strip():
                report.sections.append((f"log of {child.name}", logged))
    return report
