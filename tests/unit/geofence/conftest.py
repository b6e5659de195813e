"""How many points the proof takes: a bounded part by default, `make prove` asks for more."""

import pytest


@pytest.fixture
def points(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--points"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--seed"))
