"""How hard the proofs are: a bounded part by default, `make chaos` asks for more."""

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kills" in metafunc.fixturenames:
        metafunc.parametrize("kills", [metafunc.config.getoption("--kills")])
        metafunc.parametrize("seed", [metafunc.config.getoption("--seed")])
    if "storm" in metafunc.fixturenames:
        metafunc.parametrize("storm", [metafunc.config.getoption("--storm")])
