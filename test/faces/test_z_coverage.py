"""Compares the outcomes of all other tests with docs/coverage.md. Its name makes it the last file."""

import pytest
from face_coverage import Covered, write, written


def test_the_coverage_page_has_the_outcomes(covered: Covered, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-coverage"):
        write(covered.section())
    assert written() == covered.section(), "run all of test:faces with --write-coverage"
