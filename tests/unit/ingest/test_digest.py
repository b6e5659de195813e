"""Digest: who may come in, who may not, and that no request passes twice.

The client's side is httpx, another's work; what a client would never send is made by hand.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gat1400.digest import NONCE_S, NONCES, Digest, Users, UsersError, Verdict

REALM, PATH, NOW = "43090000005030000001", "/VIID/MotorVehicles?a=1", 1_760_000_000.0
USERS = Users.of(REALM, {"platform": "secret", "平台": "密码"})
ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def gate() -> Digest:
    return Digest(USERS, b"k" * 32)


def header(of: Digest, algorithm: str = "SHA-256", now_s: float = NOW, **changed: str) -> str:
    """What a client answers to a challenge, with some of it changed before or after signing."""
    asked = next(c for c in of.challenge(now_s) if f"algorithm={algorithm}," in c)
    nonce = asked.partition('nonce="')[2].partition('"')[0]
    told = {"username": "platform", "realm": REALM, "uri": PATH, "nonce": nonce, "nc": "00000001"}
    told |= {"cnonce": "c", "qop": "auth", "algorithm": algorithm, "password": "secret"} | changed

    def digest(text: str) -> str:
        return ALGORITHMS[algorithm](text.encode()).hexdigest()

    secret = digest(f"{told['username']}:{told['realm']}:{told.pop('password')}")
    parts = (told["nonce"], told["nc"], told["cnonce"], told["qop"])
    signed = digest(f"POST:{told['uri']}")
    told.setdefault("response", digest(":".join((secret, *parts, signed))))
    said = ", ".join(f'{name}="{value}"' for name, value in told.items())
    return f"Digest {said}".encode().decode("latin-1")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_whoever_knows_the_password_comes_in(algorithm: str) -> None:
    of = gate()
    assert of.check(header(of, algorithm), "POST", PATH, NOW) == Verdict("platform")
    chinese = header(of, algorithm, username="平台", password="密码")  # noqa: S106
    assert of.check(chinese, "POST", PATH, NOW) == Verdict("平台")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_client_of_others_comes_in_and_again_with_the_same_nonce(algorithm: str) -> None:
    of = gate()
    asked = [c for c in of.challenge(NOW) if f"algorithm={algorithm}," in c]
    auth = httpx.DigestAuth("platform", "secret")
    for _ in range(3):
        flow = auth.auth_flow(httpx.Request("POST", f"http://h{PATH}"))
        request = next(flow)
        if "authorization" not in request.headers:
            headers = [("www-authenticate", c) for c in asked]
            request = flow.send(httpx.Response(401, headers=headers, request=request))
        told = request.headers["authorization"]
        assert of.check(told, "POST", PATH, NOW) == Verdict("platform")
        assert of.check(told, "POST", PATH, NOW) == Verdict(None, is_stale=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "Secret"},
        {"username": "nobody"},
        {"realm": "other"},
        {"uri": "/VIID/Faces"},
        {"qop": "auth-int"},
        {"qop": ""},
        {"nc": "1"},
        {"nc": "0000000g"},
        {"cnonce": ""},
        {"userhash": "true"},
        {"response": ""},
        {"response": "é"},
    ],
)
def test_whatever_is_wrong_keeps_everybody_out(changed: dict[str, str]) -> None:
    of = gate()
    assert of.check(header(of, **changed), "POST", PATH, NOW) == Verdict(None)


def test_what_was_signed_must_be_what_is_asked_for() -> None:
    of = gate()
    told = header(of)
    assert of.check(told, "GET", PATH, NOW).user is None
    assert of.check(told, "POST", "/VIID/MotorVehicles", NOW).user is None
    whole = header(of, uri=f"http://host:8000{PATH}")
    assert of.check(whole, "POST", PATH, NOW).user == "platform"


def test_a_nonce_ends_and_whoever_has_an_old_one_is_told_so() -> None:
    of = gate()
    assert of.check(header(of), "POST", PATH, NOW + NONCE_S).user == "platform"
    late = of.check(header(of), "POST", PATH, NOW + NONCE_S + 1)
    assert late == Verdict(None, is_stale=True)
    assert "stale=true" in of.challenge(NOW, is_stale=True)[0]


def test_a_nonce_of_another_process_or_of_nobody_is_stale() -> None:
    of = gate()
    other = Digest(USERS, b"o" * 32)
    for nonce in (header(other).partition('nonce="')[2].partition('"')[0], "x", "", "ff.1.é"):
        assert of.check(header(of, nonce=nonce), "POST", PATH, NOW) == Verdict(None, is_stale=True)


@given(st.lists(st.integers(0, 200), max_size=60))
def test_of_one_nonce_every_count_passes_once_unless_it_is_far_behind(counts: list[int]) -> None:
    of = gate()
    nonce = header(of).partition('nonce="')[2].partition('"')[0]
    taken: set[int] = set()
    for number in counts:
        told = header(of, nonce=nonce, nc=f"{number:08x}")
        passes = of.check(told, "POST", PATH, NOW).user is not None
        behind = max(taken, default=0) - number
        assert passes == (number > 0 and number not in taken and behind < 64)
        if passes:
            taken.add(number)


def test_nonces_that_are_remembered_are_bounded_and_end() -> None:
    of = gate()
    for _ in range(NONCES):
        assert of.check(header(of), "POST", PATH, NOW).user == "platform"
    assert of.check(header(of), "POST", PATH, NOW) == Verdict(None, is_stale=True)
    later = NOW + NONCE_S + 2
    assert of.check(header(of, now_s=later), "POST", PATH, later).user == "platform"


@given(
    st.one_of(
        st.none(),
        st.text(max_size=40),
        st.text(alphabet='Digest uri="\\,=* nonce', max_size=60).map(lambda t: f"Digest {t}"),
        st.just("Digest " + "a=b," * 5000),
    )
)
def test_no_header_raises_and_none_lets_in(told: str | None) -> None:
    assert gate().check(told, "POST", PATH, NOW).user is None


def test_a_parameter_that_is_there_twice_lets_nobody_in() -> None:
    of = gate()
    assert of.check(header(of) + ', username="platform"', "POST", PATH, NOW) == Verdict(None)


def users(tmp_path: Path, text: str) -> Users:
    path = tmp_path / "users.csv"
    path.write_bytes(text.encode("utf-8"))
    return Users.from_csv(path, REALM)


def test_users_come_from_a_file_and_their_passwords_are_seen_nowhere(tmp_path: Path) -> None:
    held = users(tmp_path, "\ufeffuser,password\nplatform,secret\n平台,密码\n")
    assert held == USERS
    assert "secret" not in repr(held) + str(held.secrets)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected columns user, password"),
        ("user\nx\n", "line 1: expected columns user, password"),
        ("user,password\n", "expected at least one user"),
        ("user,password\n,hunter2\n", "line 2: expected a new user and a password"),
        ("user,password\na,hunter2\na,hunter2\n", "line 3"),
        ("user,password\na:b,hunter2\n", "line 2"),
        ("user,password\na,\n", "line 2"),
    ],
)
def test_what_is_wrong_with_a_file_of_users_is_said_without_its_passwords(tmp_path, text, said):
    with pytest.raises(UsersError, match=said) as caught:
        users(tmp_path, text)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsersError, match="expected a CSV file"):
        Users.from_csv(tmp_path / "none.csv", REALM)
