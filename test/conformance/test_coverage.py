"""Tests that every operation of every release gives equal answers through the gateway, or differs as documented."""

from collections.abc import Iterator

import pytest

from caller import Caller
from coverage_play import Comparison, Outcome, Player
from coverage_rig import NAMES, ONE, TOPOLOGIES, CoverageRig, running_coverage_rig
from coverage_steps import steps_of
from coverage_table import EXPLAINED, NO_SUCCESS, Results, rendered, unexplained, write, written
from rig import RELEASES
from routes import operations
from tokens import admin_token, bearer

# The servers need to start, and playing one release takes about fifteen seconds on two idle cores.
LIMIT_SECONDS = 600


def played(rig: CoverageRig, release: str, *, plain: bool) -> dict[str, list[Outcome]]:
    """Plays a release directly, then in every topology."""
    steps = steps_of(release, plain=plain)
    name = f"{NAMES[release]}p" if plain else NAMES[release]
    urls = rig.plain_gateways if plain else rig.gateways
    headers = bearer(admin_token()) if plain else None
    direct = Caller(rig.plain[release] if plain else rig.direct[release, ""], headers=headers, keeps_connections=False)
    answers = Player(direct, name).play(steps)
    found = {}
    for topology in TOPOLOGIES:
        # AgentOS closes connections without notice after an exception; that is not compared here.
        caller = Caller(urls[release, topology], headers=headers, keeps_connections=False)
        through = Player(caller, name)
        comparison = Comparison(through, release, None if topology == ONE else NAMES[release])
        found[topology] = comparison.play(steps, answers)
        through.caller.close()
    direct.close()
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    found: dict[tuple[str, str], list[Outcome]] = {}
    for rig in running_coverage_rig(tmp_path_factory.mktemp("coverage")):
        for release in RELEASES:
            on, off = played(rig, release, plain=False), played(rig, release, plain=True)
            for topology in TOPOLOGIES:
                found[release, topology] = [*on[topology], *off[topology]]
        yield found


@pytest.mark.timeout(LIMIT_SECONDS)
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_every_operation_gives_equal_answers_through_the_gateway(results: Results, release: str, topology: str) -> None:
    differing = {
        f"{index} {outcome.step.operation}": found
        for index, outcome in enumerate(results[release, topology])
        if (found := unexplained(outcome, topology))
    }
    assert differing == {}


@pytest.mark.timeout(LIMIT_SECONDS)
def test_every_operation_is_played_and_succeeds(results: Results, release: str) -> None:
    listed = {f"{operation.method} {operation.path}" for operation in operations(release)}
    outcomes = results[release, ONE]
    assert listed <= {outcome.step.operation for outcome in outcomes}
    successes = {outcome.step.operation for outcome in outcomes if outcome.direct < 300}
    assert listed - successes == listed & NO_SUCCESS.keys()


@pytest.mark.timeout(LIMIT_SECONDS)
def test_every_explained_difference_still_occurs(results: Results) -> None:
    differing = {
        (outcome.step.operation, topology)
        for (_, topology), outcomes in results.items()
        for outcome in outcomes
        if outcome.differences
    }
    assert EXPLAINED.keys() <= differing


@pytest.mark.timeout(LIMIT_SECONDS)
def test_the_coverage_table_matches_the_results(results: Results, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-coverage"):
        write(rendered(results))
    assert written() == rendered(results)
