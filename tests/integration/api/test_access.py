"""Who may do what: every route with every kind of caller, sessions, refresh tokens, limits."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import jwt
import pytest

from services.api.audit import Actor
from services.api.auth.queries import AccessQueries
from services.api.database import Limits, open_database
from services.api.routes import ROLES, ROUTES, Least
from tests.integration.api.server import ADMIN_PASSWORD, ApiServer, bearer, log_in, send
from tests.integration.conftest import run_sql

ACTOR = Actor("kim", "127.0.0.1", "request")
CLIENT = {"X-Vitalwire-Client": "test"}
PASSWORD = "correct horse battery"
SAMPLE_PATHS = {"{host}": "web-1", "{family}": "cpu", "{username}": "nobody", "{path}": "x.js",
                "{name}": "nothing", "{id}": "nothing", "{incident}": "none"}  # fmt: skip


@pytest.fixture(scope="module")
def tokens(api: ApiServer) -> dict[str, str]:
    """Role → access token of a user that was made through the API."""
    admin = log_in(api)
    for role in ("viewer", "operator"):
        body = {"username": f"a-{role}", "password": PASSWORD, "role": role}
        made = send("POST", f"{api.url}/api/v1/users", json=body, headers=bearer(admin))
        assert made.status_code == 201, made.text
        assert made.json()["role"] == role
    return {"admin": admin, **{role: log_in(api, f"a-{role}", PASSWORD) for role in ("viewer", "operator")}}


@pytest.fixture
def person(api: ApiServer, tokens: dict[str, str], request: pytest.FixtureRequest) -> Iterator[str]:
    """A viewer of this test's own."""
    name = "p" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    body = {"username": name, "password": PASSWORD, "role": "viewer"}
    made = send("POST", f"{api.url}/api/v1/users", json=body, headers=bearer(tokens["admin"]))
    assert made.status_code == 201
    yield name
    # Failed logins of one test must not limit the address for the next.
    run_sql(api.database.owner_url, "DELETE FROM app.login_attempts")


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    plain: dict[str, object] = {
        "iss": "vitalwire", "aud": "vitalwire-api", "iat": now, "exp": now + 60, "sub": "admin", "uid": 1,
        "role": "admin", "sid": "00000000-0000-0000-0000-000000000000",
    }  # fmt: skip
    return {**plain, **changed}


def forged(api: ApiServer, kind: str) -> str:
    """Return a token that must not hold."""
    secret = bytes.fromhex((api.directory / "signing.key").read_text())
    kid = hashlib.sha256(b"vitalwire key id" + secret).hexdigest()[:12]
    if kind == "expired":
        return jwt.encode(claims(exp=int(time.time()) - 1), secret, "HS256", {"kid": kid})
    if kind == "another key":
        return jwt.encode(claims(), b"x" * 32, "HS256", {"kid": kid})
    if kind == "another audience":
        return jwt.encode(claims(aud="else"), secret, "HS256", {"kid": kid})
    if kind == "another algorithm":
        return jwt.encode(claims(), secret + secret, "HS512", {"kid": kid})
    if kind == "no algorithm":
        return jwt.encode(claims(), "", "none", {"kid": kid})
    if kind == "no key id":
        return jwt.encode(claims(), secret, "HS256")
    assert kind == "good"
    return jwt.encode(claims(), secret, "HS256", {"kid": kid})


def ask(api: ApiServer, method: str, path: str, token: str | None) -> httpx.Response:
    for placeholder, value in SAMPLE_PATHS.items():
        path = path.replace(placeholder, value)
    return send(method, api.url + path, headers={} if token is None else bearer(token))


PROTECTED = [(method, path, least) for (method, path), least in ROUTES.items() if least != "open"]


@pytest.mark.parametrize(("method", "path", "least"), PROTECTED, ids=lambda part: str(part))
def test_no_route_opens_without_a_token_that_holds(api: ApiServer, method: str, path: str, least: Least) -> None:
    assert ask(api, method, path, None).status_code == 401
    for kind in ("expired", "another key", "another audience", "another algorithm", "no algorithm", "no key id"):
        answer = ask(api, method, path, forged(api, kind))
        assert answer.status_code == 401, kind
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_the_good_token_among_the_forged_ones_is_good(api: ApiServer) -> None:
    assert ask(api, "GET", "/api/v1/auth/me", forged(api, "good")).status_code == 200


# Logging out would end the session that the other cases use; it has tests of its own.
@pytest.mark.parametrize(
    ("method", "path", "least"),
    [row for row in PROTECTED if not row[1].endswith("/logout")],
    ids=lambda part: str(part),
)
def test_a_role_below_is_forbidden_and_the_least_role_is_enough(
    api: ApiServer, tokens: dict[str, str], method: str, path: str, least: Least
) -> None:
    for role in ROLES:
        status = ask(api, method, path, tokens[role]).status_code
        if ROLES.index(role) < ROLES.index(least):
            assert status == 403, role
        else:
            assert status in (200, 400, 404), role


def test_a_real_viewer_may_not_see_users(api: ApiServer, tokens: dict[str, str]) -> None:
    answer = send("GET", f"{api.url}/api/v1/users", headers=bearer(tokens["viewer"]))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert answer.json()["detail"] == "This needs the role admin; a-viewer has the role viewer."


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(api: ApiServer, person: str) -> None:
    with httpx.Client(verify=False, base_url=api.url) as browser:
        login = browser.post("/api/v1/auth/login", json={"username": person, "password": PASSWORD})
        cookie = login.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/api/v1/auth" in cookie
        first = browser.cookies["vitalwire_refresh"]
        assert browser.post("/api/v1/auth/refresh").status_code == 400
        second_answer = browser.post("/api/v1/auth/refresh", headers=CLIENT)
        assert second_answer.status_code == 200
        second = browser.cookies["vitalwire_refresh"]
        assert second != first
    token = second_answer.json()["access_token"]
    assert refresh(api, first).status_code == 409
    assert ask(api, "GET", "/api/v1/auth/me", token).status_code == 200
    run_sql(api.database.owner_url, "UPDATE app.refresh_tokens SET rotated_at = rotated_at - interval '10 seconds'")
    assert refresh(api, first).status_code == 401
    assert refresh(api, second).status_code == 401
    assert ask(api, "GET", "/api/v1/auth/me", token).status_code == 401
    assert refresh(api, "made up").status_code == 401


def refresh(api: ApiServer, token: str) -> httpx.Response:
    return send("POST", f"{api.url}/api/v1/auth/refresh", headers={**CLIENT, "Cookie": f"vitalwire_refresh={token}"})


def logout(api: ApiServer, token: str, person: str) -> None:
    assert send("POST", f"{api.url}/api/v1/auth/logout", headers={**CLIENT, **bearer(token)}).status_code == 204


def new_password(api: ApiServer, token: str, person: str) -> None:
    body = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    assert send("POST", f"{api.url}/api/v1/auth/password", json=body, headers=bearer(token)).status_code == 204


def change(api: ApiServer, person: str, **body: object) -> httpx.Response:
    return send("PATCH", f"{api.url}/api/v1/users/{person}", json=body, headers=bearer(forged(api, "good")))


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(logout, id="logout"),
        pytest.param(new_password, id="password change"),
        pytest.param(lambda api, _, person: change(api, person, disabled=True), id="disabling"),
        pytest.param(lambda api, _, person: change(api, person, role="operator"), id="role change"),
        pytest.param(lambda api, _, person: change(api, person, password=PASSWORD + "?"), id="password set"),
    ],
)
def test_what_ends_sessions_ends_all_of_them(
    api: ApiServer, person: str, end: Callable[[ApiServer, str, str], None]
) -> None:
    with httpx.Client(verify=False, base_url=api.url) as browser:
        one = browser.post("/api/v1/auth/login", json={"username": person, "password": PASSWORD}).json()
        two = log_in(api, person, PASSWORD)
        end(api, one["access_token"], person)
        assert browser.post("/api/v1/auth/refresh", headers=CLIENT).status_code == 401
    for token in (one["access_token"], two):
        assert ask(api, "GET", "/api/v1/auth/me", token).status_code == 401


@pytest.mark.alone
def test_a_session_that_ended_elsewhere_ends_here_within_two_seconds(api: ApiServer, person: str) -> None:
    token = log_in(api, person, PASSWORD)
    # Another instance of the API writes nothing but this.
    run_sql(api.database.owner_url, "UPDATE app.sessions SET ended_at = now()"
            f" WHERE user_id = (SELECT id FROM app.users WHERE username = '{person}')")  # fmt: skip
    end = time.monotonic() + 2
    while ask(api, "GET", "/api/v1/auth/me", token).status_code != 401:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_new_password_that_could_never_sign_in_is_refused(api: ApiServer, person: str) -> None:
    token = log_in(api, person, PASSWORD)
    body = {"current_password": PASSWORD, "new_password": "\u20ac" * 100}
    answer = send("POST", f"{api.url}/api/v1/auth/password", json=body, headers=bearer(token))
    assert (answer.status_code, answer.json()["field"]) == (400, "new_password")


@pytest.mark.parametrize("change", ["role = 'viewer'", "disabled = true", "password_hash = 'x'"])
async def test_a_user_who_is_changed_during_the_login_or_password_change_gets_nothing(
    api: ApiServer, change: str
) -> None:
    name = f"race-{change[:4]}"
    database = await open_database(api.database.app_url, None, Limits(1, 10), read_only=False)
    connection = await asyncpg.connect(api.database.owner_url)
    try:
        await connection.execute(
            f"INSERT INTO app.users (username, password_hash, role) VALUES ('{name}', 'hash', 'operator')"
        )
        queries = AccessQueries(database)
        read = await queries.user(name)
        assert read is not None
        await connection.execute(f"UPDATE app.users SET {change} WHERE username = '{name}'")
        assert (
            await queries.open_session(read, str(uuid.uuid4()), b"token of " + name.encode(), datetime.now(UTC)) is None
        )
        assert await queries.set_password(read, "the old owner's hash", ACTOR) is None
        entered = await connection.fetchval("SELECT count(*) FROM app.audit WHERE target = $1", name)
        assert entered == 0
    finally:
        await connection.close()
        await database.close()


def test_the_eleventh_login_is_limited_whether_or_not_the_user_exists(api: ApiServer, person: str) -> None:
    for name in (person, "nobody-at-all"):
        body = {"username": name, "password": "wrong"}
        statuses = [send("POST", f"{api.url}/api/v1/auth/login", json=body).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        right = send("POST", f"{api.url}/api/v1/auth/login", json={"username": name, "password": PASSWORD})
        assert right.status_code == 429
        assert 1 <= int(right.headers["retry-after"]) <= 900


def test_thirty_failures_limit_an_address(api: ApiServer, person: str) -> None:
    async def attempts() -> list[int]:
        async with httpx.AsyncClient(verify=False, base_url=api.url, timeout=30) as http:
            bodies = ({"username": f"guess-{number}", "password": "wrong"} for number in range(35))
            answers = await asyncio.gather(*(http.post("/api/v1/auth/login", json=body) for body in bodies))
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(attempts()) == [401] * 30 + [429] * 5
    body = {"username": person, "password": PASSWORD}
    assert send("POST", f"{api.url}/api/v1/auth/login", json=body).status_code == 429


def test_a_flood_of_logins_waits_in_a_bounded_queue(api: ApiServer, person: str) -> None:
    async def attempts() -> set[int]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(verify=False, base_url=api.url, timeout=30, limits=limits) as http:
            body = {"username": person, "password": "wrong"}
            answers = await asyncio.gather(*(http.post("/api/v1/auth/login", json=body) for _ in range(150)))
            return {answer.status_code for answer in answers}

    assert asyncio.run(attempts()) == {401, 429, 503}


def test_fifty_right_logins_at_once_are_no_attack(api: ApiServer, person: str) -> None:
    async def attempts() -> list[int]:
        async with httpx.AsyncClient(verify=False, base_url=api.url, timeout=30) as http:
            body = {"username": person, "password": PASSWORD}
            answers = await asyncio.gather(*(http.post("/api/v1/auth/login", json=body) for _ in range(50)))
            return [answer.status_code for answer in answers]

    assert asyncio.run(attempts()) == [200] * 50


@pytest.mark.alone
def test_an_unknown_user_takes_as_long_as_a_wrong_password(api: ApiServer, person: str) -> None:
    def fastest(name: str) -> float:
        times = []
        for _ in range(6):
            started = time.perf_counter()
            send("POST", f"{api.url}/api/v1/auth/login", json={"username": name, "password": "wrong"})
            times.append(time.perf_counter() - started)
        return min(times)

    known, unknown = fastest(person), fastest("nobody-here")
    assert 0.5 < unknown / known < 2


def test_the_last_admin_stays(api: ApiServer, tokens: dict[str, str]) -> None:
    for body in ({"disabled": True}, {"role": "viewer"}):
        answer = send("PATCH", f"{api.url}/api/v1/users/admin", json=body, headers=bearer(tokens["admin"]))
        assert answer.status_code == 409
        assert "last admin" in answer.json()["detail"]
    assert ask(api, "GET", "/api/v1/auth/me", tokens["admin"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "Upper", "password": PASSWORD, "role": "viewer"}, "username"),
        ({"username": "x y", "password": PASSWORD, "role": "viewer"}, "username"),
        ({"username": "short", "password": "1234567", "role": "viewer"}, "password"),
        ({"username": "long", "password": "\u20ac" * 100, "role": "viewer"}, "password"),
        ({"username": "role", "password": PASSWORD, "role": "god"}, "role"),
        ({"username": "more", "password": PASSWORD, "role": "viewer", "x": 1}, "x"),
        ({"username": "less", "password": PASSWORD}, "role"),
        ([], None),
    ],
)
def test_a_bad_user_is_refused(api: ApiServer, tokens: dict[str, str], body: object, field: str | None) -> None:
    answer = send("POST", f"{api.url}/api/v1/users", json=body, headers=bearer(tokens["admin"]))
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] == field
    assert str(PASSWORD) not in answer.text


def test_what_people_do_stands_in_the_audit(api: ApiServer, tokens: dict[str, str], person: str) -> None:
    send("POST", f"{api.url}/api/v1/auth/login", json={"username": person, "password": "wrong"})
    log_in(api, person, PASSWORD)
    change(api, person, role="operator")
    answer = send("GET", f"{api.url}/api/v1/audit?limit=20", headers=bearer(tokens["admin"])).json()
    of_person = [entry["action"] for entry in answer["entries"] if entry["target"] == person]
    assert of_person == ["user changed", "login", "login failed", "user created"]
    actors = [entry["actor"] for entry in answer["entries"] if entry["target"] == person]
    assert actors == ["admin", person, "-", "admin"]
    first = answer["entries"][0]
    assert (first["actor"], first["detail"], first["address"]) == ("admin", "role operator", "127.0.0.1")
    paged: list[object] = []
    parameters = {"limit": "1"}
    for _ in range(3):
        page = send("GET", f"{api.url}/api/v1/audit", params=parameters, headers=bearer(tokens["admin"])).json()
        paged += page["entries"]
        parameters["cursor"] = page["next_cursor"]
    assert paged == answer["entries"][:3]


def test_a_change_of_nothing_is_refused_and_leaves_no_trace(
    api: ApiServer, tokens: dict[str, str], person: str
) -> None:
    before = audit_of(api, tokens["admin"], person)
    for body in ({}, {"role": None}):
        answer = change(api, person, **body)
        assert (answer.status_code, answer.json()["detail"]) == (
            400, "The body: expected at least one of role, disabled, password",
        )  # fmt: skip
    assert audit_of(api, tokens["admin"], person) == before


def test_a_new_password_stands_in_the_audit(api: ApiServer, tokens: dict[str, str], person: str) -> None:
    new_password(api, log_in(api, person, PASSWORD), person)
    assert audit_of(api, tokens["admin"], person)[0] == (person, "password changed")


def audit_of(api: ApiServer, token: str, target: str) -> list[tuple[str, str]]:
    """Return who did what to a user, newest first."""
    entries = send("GET", f"{api.url}/api/v1/audit?limit=20", headers=bearer(token)).json()["entries"]
    return [(entry["actor"], entry["action"]) for entry in entries if entry["target"] == target]


def test_users_come_in_pages(api: ApiServer, tokens: dict[str, str]) -> None:
    names: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": "1", **({} if cursor is None else {"cursor": cursor})}
        page = send("GET", f"{api.url}/api/v1/users", params=parameters, headers=bearer(tokens["admin"])).json()
        names += [user["username"] for user in page["users"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == sorted(names)
    assert {"admin", "a-viewer", "a-operator"} <= set(names)


def test_no_password_or_token_is_logged(api: ApiServer, tokens: dict[str, str]) -> None:
    log = api.log.read_text()
    assert log
    for secret in (ADMIN_PASSWORD, PASSWORD, *tokens.values(), (api.directory / "signing.key").read_text()):
        assert secret not in log
    assert datetime.now(UTC) - datetime.fromisoformat(str(api.events()[0]["time"])) < timedelta(hours=1)
