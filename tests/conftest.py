import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=12, help="how often the kill test kills")
    parser.addoption("--seed", type=int, default=20_261_123, help="seed of the kill test")
