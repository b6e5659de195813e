"""How hard the proofs are: a bounded part by default, `make chaos` asks for more."""

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for option in ("kills", "seed", "storm"):
        if option in metafunc.fixturenames:
            metafunc.parametrize(option, [metafunc.config.getoption(f"--{option}")])
