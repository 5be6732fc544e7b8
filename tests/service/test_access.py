"""Who may do what: keys, sessions, roles, and the person at this machine; what is taken away is gone at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from gristmill.errors import AccessError
from gristmill.identity import Role
from gristmill.service.auth import COOKIE, CSRF_HEADER
from gristmill.service.running import greeting
from gristmill.settings import ServiceSettings
from gristmill.storage.records import KeyRow, SessionRow
from tests.service.conftest import MakeMill
from tests.service.mills import FACT, PAY_QUESTION, QUESTION, Mill


def prefix(key: str) -> str:
    return "_".join(key.split("_")[:2])


def sign_in(mill: Mill, name: str) -> str:
    """Sign the client's browser in and return the token for its changes."""
    response = mill.client.post("/api/session", json={"key": mill.keys[name]})
    assert response.status_code == 200, response.text
    return str(response.json()["csrf"])


def test_without_a_key_there_is_no_answer(shared: Mill) -> None:
    response = shared.client.post("/api/ask", json={"question": QUESTION})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["x", "gm_0123456789ab_" + "A" * 43, "Ünïcode"])
def test_a_wrong_key_is_denied_and_recorded_without_the_key(mill: Mill, key: str) -> None:
    response = mill.client.get("/api/me", headers={b"Authorization": f"Bearer {key}".encode()})
    assert response.status_code == 401
    (event,) = mill.service.journal.events(1)
    assert (event.action, event.actor) == ("denied", "address 127.0.0.1")
    assert "A" * 43 not in str(event)


def test_keys_are_not_stored(mill: Mill) -> None:
    database = (mill.workspace.home / "gristmill.db").read_bytes()
    for key in mill.keys.values():
        assert prefix(key).encode() in database
        assert key.encode() not in database
        assert key.split("_", 2)[2].encode() not in database


def test_a_revoked_key_is_gone_at_once(mill: Mill) -> None:
    assert mill.get("ann", "/api/me").status_code == 200
    mill.service.keys.revoke(prefix(mill.keys["ann"]), by="adm")
    assert mill.get("ann", "/api/me").status_code == 401
    assert mill.service.keys.create("ann", by="adm").startswith("gm_")


def test_a_key_ends_with_its_time(mill: Mill) -> None:
    key = mill.service.keys.create("ann", by="adm", days=1)
    headers = {"Authorization": f"Bearer {key}"}
    assert mill.client.get("/api/me", headers=headers).status_code == 200
    with mill.workspace.database.session() as session:
        row = session.get(KeyRow, prefix(key))
        assert row is not None
        assert row.expires is not None
        row.expires -= timedelta(days=1, seconds=1)
    assert mill.client.get("/api/me", headers=headers).status_code == 401


def test_a_group_that_was_taken_away_is_gone_at_once(mill: Mill) -> None:
    asked = mill.ask("hal", PAY_QUESTION)
    receipt = mill.get("hal", f"/api/receipts/{asked['receipt']}").json()
    assert "41000" in receipt["answer"]
    mill.service.people.change("hal", by="adm", groups=[])
    assert "41000" not in str(mill.ask("hal", PAY_QUESTION))
    assert mill.get("hal", "/api/documents/hr/pay.md").status_code == 404
    receipt = mill.get("hal", f"/api/receipts/{asked['receipt']}").json()
    assert receipt["answer"] is None
    assert receipt["withheld"]
    assert "41000" not in str(receipt) + mill.get("hal", "/api/receipts").text


def test_a_person_who_was_removed_is_gone_at_once(mill: Mill) -> None:
    token = sign_in(mill, "ann")
    mill.service.people.remove("ann", by="adm")
    assert mill.client.get("/api/me", headers={CSRF_HEADER: token}).status_code == 401
    assert mill.get("ann", "/api/me").status_code == 401


def test_a_browser_signs_in_asks_and_signs_out(mill: Mill) -> None:
    token = sign_in(mill, "ann")
    assert mill.client.get("/api/me").json()["csrf"] == token
    answer = mill.client.post("/api/ask", json={"question": QUESTION}, headers={CSRF_HEADER: token})
    assert FACT in answer.json()["answer"]
    assert mill.client.delete("/api/session", headers={CSRF_HEADER: token}).status_code == 204
    assert mill.client.get("/api/me").status_code == 401


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(mill: Mill) -> None:
    response = mill.client.post("/api/session", json={"key": mill.keys["ann"]})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie


def test_behind_https_the_cookie_is_sent_over_nothing_else(make_mill: MakeMill) -> None:
    mill = make_mill(service={"https": True})
    response = mill.client.post("/api/session", json={"key": mill.keys["ann"]})
    assert "secure" in response.headers["set-cookie"].lower()
    assert "max-age" in response.headers["strict-transport-security"]


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_change_from_a_browser_without_its_token_is_denied_and_recorded(mill: Mill, token: str | None) -> None:
    sign_in(mill, "ann")
    headers = {} if token is None else {CSRF_HEADER: token}
    response = mill.client.post("/api/ask", json={"question": QUESTION}, headers=headers)
    assert response.status_code == 403
    assert mill.service.journal.events(1)[0].detail == {"lacks": CSRF_HEADER}


def test_the_token_of_another_session_does_not_count(mill: Mill) -> None:
    others = sign_in(mill, "hal")
    sign_in(mill, "ann")
    response = mill.client.post("/api/ask", json={"question": QUESTION}, headers={CSRF_HEADER: others})
    assert response.status_code == 403


def test_a_session_ends_with_its_key_and_with_its_time(mill: Mill) -> None:
    sign_in(mill, "ann")
    with mill.workspace.database.session() as session:
        session.execute(update(SessionRow).values(expires=SessionRow.created))
    assert mill.client.get("/api/me").status_code == 401
    sign_in(mill, "ann")
    assert mill.client.get("/api/me").status_code == 200
    mill.service.keys.revoke(prefix(mill.keys["ann"]), by="adm")
    assert mill.client.get("/api/me").status_code == 401


def test_the_cookie_is_not_stored(mill: Mill) -> None:
    sign_in(mill, "ann")
    cookie = mill.client.cookies[COOKIE]
    assert cookie.encode() not in (mill.workspace.home / "gristmill.db").read_bytes()


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/api/feedback", Role.REVIEWER),
        ("/api/usage", Role.REVIEWER),
        ("/api/documents", Role.CURATOR),
        ("/api/people", Role.ADMIN),
    ],
)
def test_a_role_opens_what_it_is_for_and_a_denied_attempt_is_recorded(mill: Mill, path: str, least: Role) -> None:
    for name, role in (("ann", Role.READER), ("rea", Role.REVIEWER), ("cur", Role.CURATOR), ("adm", Role.ADMIN)):
        status = mill.get(name, path).status_code
        assert status == (200 if role.includes(least) else 403), name
    assert mill.service.journal.events(1, "denied")[0].subject == f"GET {path}"


def test_every_change_of_people_and_keys_is_an_event(mill: Mill) -> None:
    people, keys = mill.service.people, mill.service.keys
    people.add("new", Role.READER, ["hr"], by="adm")
    people.change("new", by="adm", role=Role.REVIEWER)
    keys.revoke(prefix(keys.create("new", by="adm")), by="adm")
    people.remove("new", by="adm")
    told = [(event.actor, event.action) for event in reversed(mill.service.journal.events(5))]
    assert told == [
        ("adm", "person.add"), ("adm", "person.change"), ("adm", "key.create"), ("adm", "key.revoke"),
        ("adm", "person.remove"),
    ]  # fmt: skip
    assert mill.service.journal.verify().problems == ()


def test_the_last_admin_stays(mill: Mill) -> None:
    with pytest.raises(AccessError, match="last admin"):
        mill.service.people.remove("adm", by="adm")
    with pytest.raises(AccessError, match="last admin"):
        mill.service.people.change("adm", by="adm", role=Role.READER)


def test_without_people_the_person_at_this_machine_is_served(make_mill: MakeMill) -> None:
    mill = make_mill(people=False, service={"local_groups": ("hr",)})
    me = mill.client.get("/api/me").json()
    assert (me["local"], me["role"], me["groups"]) == (True, "admin", ["everyone", "hr"])
    assert mill.client.post("/api/ask", json={"question": QUESTION}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # a page that points its name at this machine
        {"X-Forwarded-For": "10.0.0.9"},  # a proxy on this machine
        {"Forwarded": "for=10.0.0.9"},
    ],
)
def test_nobody_but_them_is(make_mill: MakeMill, headers: dict[str, str]) -> None:
    mill = make_mill(people=False)
    assert mill.client.get("/api/me", headers=headers).status_code == 401


def test_another_site_cannot_ask_through_their_browser(make_mill: MakeMill) -> None:
    mill = make_mill(people=False)
    asked = {"question": QUESTION}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert mill.client.post("/api/ask", json=asked, headers=headers).status_code == 403
    token = mill.client.get("/api/me").json()["csrf"]
    own = {"Origin": "http://localhost", CSRF_HEADER: token}
    assert mill.client.post("/api/ask", json=asked, headers=own).status_code == 200


def test_the_first_person_ends_it(make_mill: MakeMill) -> None:
    mill = make_mill(people=False)
    mill.service.people.add("ann", Role.ADMIN, [], by="test")
    assert mill.client.get("/api/me").status_code == 401


def test_listening_to_others_demands_people() -> None:
    with pytest.raises(AccessError, match="nobody was added"):
        greeting(ServiceSettings(host="0.0.0.0"), anybody=False)
    assert "sign in" in greeting(ServiceSettings(host="0.0.0.0"), anybody=True)
    assert "for you alone" in greeting(ServiceSettings(), anybody=False)
    assert "[::1]" in greeting(ServiceSettings(host="::1"), anybody=False)
