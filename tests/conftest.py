import pytest

from vehicleguard.warm import forget_stale


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=6, help="how often the kill test kills")
    parser.addoption("--storm", type=int, default=300, help="how many terminals come back at once")
    parser.addoption("--seed", type=int, default=20_261_123, help="seed of random tests")
    parser.addoption("--points", type=int, default=100_000, help="how many points prove matching")


def pytest_configure() -> None:
    # or a change in one kernel would be tested with what others had compiled of it before
    forget_stale()
