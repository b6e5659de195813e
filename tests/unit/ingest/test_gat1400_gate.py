"""Who is trusted without Digest: whoever registered by it, from there, and not for ever."""

from __future__ import annotations

from ingest.gat1400.digest import Digest, Users, Verdict
from ingest.gat1400.gate import TRUST_S, TRUSTED, Asked, Gate

NOW = 1_760_000_000.0
VEHICLES = Asked("POST", "/VIID/MotorVehicles", "10.0.0.7", "43", None)


def gate(*, trusts: bool = True) -> Gate:
    return Gate(Digest(Users.of("realm", {"a": "b"}), b"k" * 32), trusts=trusts)


def test_a_registered_device_is_trusted_from_its_address_under_its_name() -> None:
    of = gate()
    assert of.check(VEHICLES, NOW) == Verdict(None)
    of.registered(VEHICLES, NOW)
    assert of.check(VEHICLES, NOW) == Verdict("43")
    assert of.check(VEHICLES._replace(address="10.0.0.8"), NOW).user is None
    assert of.check(VEHICLES._replace(device="44"), NOW).user is None


def test_trust_lasts_while_the_device_speaks() -> None:
    of = gate()
    of.registered(VEHICLES, NOW)
    for step in range(1, 5):
        assert of.check(VEHICLES, NOW + step * (TRUST_S - 1)).user == "43"
    assert of.check(VEHICLES, NOW + 5 * TRUST_S).user is None


def test_a_wrong_answer_is_not_made_good_by_trust_and_leaving_needs_digest() -> None:
    of = gate()
    of.registered(VEHICLES, NOW)
    assert of.check(VEHICLES._replace(authorization='Digest username="a"'), NOW).user is None
    for name in ("Register", "UnRegister", "UnRegister?x=1"):
        assert of.check(VEHICLES._replace(target=f"/VIID/System/{name}"), NOW).user is None


def test_without_the_setting_or_a_name_nobody_is_trusted() -> None:
    of = gate(trusts=False)
    of.registered(VEHICLES, NOW)
    assert of.check(VEHICLES, NOW).user is None
    of = gate()
    of.registered(VEHICLES._replace(device=""), NOW)
    assert of.check(VEHICLES._replace(device=""), NOW).user is None


def test_room_for_trusted_devices_is_bounded_and_comes_free() -> None:
    of = gate()
    for n in range(TRUSTED + 5):
        of.registered(VEHICLES._replace(device=f"D{n}"), NOW)
    beyond = VEHICLES._replace(device=f"D{TRUSTED + 1}")
    assert of.check(beyond, NOW).user is None
    of.registered(beyond, NOW + TRUST_S + 1)
    assert of.check(beyond, NOW + TRUST_S + 1).user == beyond.device
