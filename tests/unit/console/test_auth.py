import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from console.auth import COOKIE, Auth
from console.problem import ProblemError
from console.tries import WINDOW_S, Tries
from tests.unit.console.conftest import Console, serving
from tests.unit.console.fakes import TOKEN, settings

PROBLEM = "application/problem+json"
SAME = {"Origin": ""}


def routes(console: Console) -> list[tuple[str, str]]:
    paths = console.http.get("/api/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def sign_in(console: Console) -> None:
    response = console.anonymous.post("/api/v1/session", json={"token": TOKEN})
    assert response.status_code == 200, response.text


def test_nothing_of_the_api_answers_strangers(console: Console) -> None:
    described = routes(console)
    assert len(described) >= 18
    unknown = [("GET", "/api"), ("GET", "/api/openapi.json"), ("GET", "/api/v1/nothing")]
    for method, path in [*described, *unknown, ("POST", "/api/v2/x"), ("PUT", "/api/v1/session")]:
        response = console.anonymous.request(method, path, headers={"Origin": console.url[:-1]})
        if path.startswith("/api"):
            assert response.status_code == 401, (method, path)
            assert response.headers["content-type"] == PROBLEM
            assert response.headers["www-authenticate"].startswith("Bearer")
        elif path.startswith("/callbacks"):
            # the body's signature is the credential, and without channels there is none
            assert response.status_code == 404, (method, path)
        else:
            assert response.status_code == 200, (method, path)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer a token for test\xe9"],
)
def test_no_other_token_opens(console: Console, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}
    assert console.anonymous.get("/api/v1/status", headers=headers).status_code == 401


def test_the_scheme_may_be_written_in_any_case(console: Console) -> None:
    headers = {"Authorization": f"bearer {TOKEN}"}
    assert console.anonymous.get("/api/v1/status", headers=headers).status_code == 200


def test_a_token_becomes_a_cookie_that_opens_until_it_is_given_back(console: Console) -> None:
    sign_in(console)
    browser = console.anonymous
    assert browser.get("/api/v1/status").status_code == 200
    who = browser.get("/api/v1/session").json()
    assert (who["who"], who["by"]) == ("admin", "cookie")
    gone = browser.delete("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
    assert gone.status_code == 204
    assert browser.get("/api/v1/status").status_code == 401


def test_a_bearer_token_signs_in_too(console: Console) -> None:
    response = console.http.post("/api/v1/session")
    assert response.status_code == 200
    assert COOKIE in response.cookies


def test_a_session_cannot_prolong_itself(console: Console) -> None:
    sign_in(console)
    again = console.anonymous.post("/api/v1/session", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_scripts_and_other_sites_never_get_the_cookie(console: Console, scheme: str) -> None:
    response = console.http.post("/api/v1/session", headers={"X-Forwarded-Proto": scheme})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ("secure" in cookie) == (scheme == "https")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "own"}, False),
        ({"Origin": "own"}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://127.0.0.1"}, False),
    ],
)
def test_only_this_site_acts_by_cookie(console: Console, headers, *, allowed) -> None:
    sign_in(console)
    incident = console.ports.incidents.open()
    headers = {k: console.url[:-1] if v == "own" else v for k, v in headers.items()}
    path = f"/api/v1/incidents/{incident['id']}/sign"
    response = console.anonymous.post(path, headers=headers, json={"reason": "mine"})
    assert response.status_code == (200 if allowed else 403)
    if not allowed:
        assert response.headers["content-type"] == PROBLEM
        assert console.ports.incidents.one(incident["id"])["state"] == "reported"
    assert console.anonymous.get("/api/v1/status", headers=headers).status_code == 200


def test_a_token_acts_from_anywhere(console: Console) -> None:
    incident = console.ports.incidents.open()
    path = f"/api/v1/incidents/{incident['id']}/sign"
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert console.http.post(path, headers=headers, json={"reason": "x"}).status_code == 200


def test_guessing_is_stopped_and_sessions_go_on() -> None:
    with serving(wrong_tokens_per_minute=3) as console:
        sign_in(console)
        guess = {"Authorization": "Bearer guess"}
        codes = [console.http.get("/api/v1/status", headers=guess).status_code for _ in range(4)]
        assert codes == [401, 401, 401, 429]
        right = console.http.get("/api/v1/status")
        assert right.status_code == 429, "else guessing would go on behind the limit"
        assert 1 <= int(right.headers["retry-after"]) <= 60
        assert right.headers["content-type"] == PROBLEM
        in_body = console.http.post("/api/v1/session", json={"token": "guess"})
        assert in_body.status_code == 429
        assert console.anonymous.get("/api/v1/status").status_code == 200


def test_forged_and_stale_cookies_open_nothing() -> None:
    now = [1_000_000.0]
    auth = Auth(settings(session_hours=1), lambda: now[0])
    session, cookie = auth.open_session("admin")
    assert auth.by_cookie(cookie) == session
    for forged in ("", "x", cookie[:-1], cookie[1:], f"{cookie}x", cookie.replace(".", "..")):
        assert auth.by_cookie(forged) is None
    for other in (
        settings(admin_token=SecretStr("another token")),
        settings(session_secret=SecretStr("another long secret")),
    ):
        assert Auth(other, lambda: now[0]).by_cookie(cookie) is None
    now[0] += 3599
    assert auth.by_cookie(cookie) == session
    now[0] += 1
    assert auth.by_cookie(cookie) is None


def test_a_console_without_a_token_does_not_start() -> None:
    with pytest.raises(ValueError, match="admin_token"):
        Auth(settings(admin_token=None))


def test_waiting_a_minute_is_enough() -> None:
    now = [1000.0]
    auth = Auth(settings(wrong_tokens_per_minute=1), lambda: now[0])
    with pytest.raises(ProblemError) as first:
        auth.by_token("wrong", "10.0.0.1")
    assert first.value.status_code == 401
    with pytest.raises(ProblemError) as second:
        auth.by_token(TOKEN, "10.0.0.1")
    assert second.value.status_code == 429
    assert auth.by_token(TOKEN, "10.0.0.2").who == "admin"
    now[0] += float(second.value.headers["Retry-After"])
    assert auth.by_token(TOKEN, "10.0.0.1").who == "admin"


@given(
    st.lists(st.tuples(st.integers(0, 160), st.sampled_from(["a", "b"]), st.booleans())),
    st.integers(1, 4),
)
def test_never_more_failures_in_a_minute_than_allowed(steps, allowed: int) -> None:
    tries, now, failed = Tries(allowed), 0.0, {"a": [], "b": []}
    for passed, peer, wrong in steps:
        now += passed / 4
        recent = [t for t in failed[peer] if now < t + WINDOW_S]
        wait = tries.wait(peer, now)
        assert (wait == 0) == (len(recent) < allowed)
        if wait:
            assert tries.wait(peer, now + wait) == 0
        elif wrong:
            tries.failed(peer, now)
            failed[peer].append(now)


def test_one_household_of_ipv6_counts_as_one() -> None:
    tries = Tries(1)
    tries.failed("2001:db8:1:2::1", 0.0)
    assert tries.wait("2001:db8:1:2:ffff::9", 1.0) > 0
    assert tries.wait("2001:db8:1:3::1", 1.0) == 0


def test_addresses_without_end_are_not_remembered_without_end() -> None:
    tries = Tries(1)
    for number in range(10_000):
        tries.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", float(number) / 1e4)
    assert len(tries._failures) <= 4096
