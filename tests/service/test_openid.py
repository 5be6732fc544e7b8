"""Signing in by a provider of OpenID Connect: only who it vouches for, for this sign-in, and who was added here."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gristmill.errors import SettingsError
from gristmill.settings import load_settings
from tests.service.conftest import MakeMill
from tests.service.mills import Mill

ISSUER, CLIENT, SECRET = "https://login.example/realms/mill", "gristmill", "provider's secret"
ADDRESS = "http://localhost"


@dataclass
class Login:
    """A provider: its keys, whom it vouches for, and what is wrong with its word."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=lambda: {"preferred_username": "ann"})
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    is_away: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("away")
        path = request.url.path
        if path.endswith("/openid-configuration"):
            places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return httpx.Response(200, json={"issuer": ISSUER} | {k: f"{ISSUER}/{v}" for k, v in places.items()})
        if path.endswith("/keys"):
            return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        return self.token(request)

    def sign_in(self, url: str) -> str:
        """Let the person sign in at the provider, and return the code that their browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code

    def token(self, request: httpx.Request) -> httpx.Response:
        sent = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(sent["code"], None)
        proof = encoded(hashlib.sha256(sent["code_verifier"].encode()).digest())
        known = httpx.BasicAuth(CLIENT, "provider%27s%20secret")._auth_header
        if asked is None or asked["code_challenge"] != proof or request.headers["authorization"] != known:
            return httpx.Response(400, json={"error": "invalid_grant"})
        said = {"iss": ISSUER, "aud": CLIENT, "exp": time.time() + 60, "nonce": asked["nonce"], "sub": "1"}
        return httpx.Response(200, json={"id_token": self.signed(said | self.claims)})

    def signed(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] == "RS256":
            return jwt.encode(self.header, claims, self.signs_with or self.key)
        # What an attacker would write, who has the public key and nothing else.
        text = f"{encoded(json.dumps(self.header).encode())}.{encoded(json.dumps(claims).encode())}"
        forged = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{encoded(forged) if self.header['alg'] == 'HS256' else ''}"


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Login:
    """The provider, in place of the network to it."""
    provider = Login()
    transport = httpx.MockTransport(provider.answer)

    def send(method: str, url: str, **sent: Any) -> httpx.Response:
        with httpx.Client(transport=transport) as client:
            return client.request(method, url, **sent)

    monkeypatch.setattr(httpx, "get", lambda url, **sent: send("GET", url, **sent))
    monkeypatch.setattr(httpx, "post", lambda url, **sent: send("POST", url, **sent))
    monkeypatch.setenv("GRISTMILL_OIDC_SECRET", SECRET)
    return provider


@pytest.fixture
def mill(make_mill: MakeMill) -> Mill:
    return make_mill(service={"oidc": {"issuer": ISSUER, "client": CLIENT, "address": ADDRESS, "label": "Mill Ltd"}})


def begin(mill: Mill, to: str = "/") -> str:
    answer = mill.client.get("/sign-in/provider", params={"next": to}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(mill: Mill, url: str, code: str, **changed: str) -> Any:
    query = {"code": code, "state": parse_qs(urlsplit(url).query)["state"][0]} | changed
    return mill.client.get("/sign-in/provider/back", params=query, follow_redirects=False)


def sign_in(mill: Mill, login: Login, to: str = "/") -> Any:
    url = begin(mill, to)
    return come_back(mill, url, login.sign_in(url))


def refused(answer: Any) -> str:
    assert answer.status_code == 303
    assert "gristmill_session" not in answer.headers.get("set-cookie", "")
    return str(answer.headers["location"]).partition("refused=")[2]


def test_who_the_provider_vouches_for_has_a_session(mill: Mill, login: Login) -> None:
    url = begin(mill, "/history?x=1")
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{ISSUER}/auth?")
    assert asked["redirect_uri"] == [f"{ADDRESS}/sign-in/provider/back"]
    assert asked["code_challenge_method"] == ["S256"]
    answer = come_back(mill, url, login.sign_in(url))
    assert 'content="0;url=/history?x=1"' in answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert any("gristmill_session=" in c and "SameSite=strict" in c and "HttpOnly" in c for c in cookies)
    assert mill.client.get("/api/me").json()["name"] == "ann"
    assert "Sign in with Mill Ltd" in mill.client.get("/sign-in").text
    assert mill.service.people.find("ann") is not None
    mill.service.people.remove("ann", by="test")
    assert mill.client.get("/api/me").status_code == 401


def test_who_was_not_added_stays_out(mill: Mill, login: Login) -> None:
    login.claims = {"preferred_username": "mallory"}
    assert refused(sign_in(mill, login)) == "unknown"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": ["gristmill", "another"], "azp": "another"},
        {"exp": 1_000},
        {"preferred_username": None},
        {"preferred_username": ["ann"]},
    ],
)
def test_a_word_that_does_not_hold_lets_nobody_in(mill: Mill, login: Login, claims: dict[str, Any]) -> None:
    login.claims |= claims
    assert refused(sign_in(mill, login)) == "failed"


def test_a_signature_of_another_key_lets_nobody_in(mill: Mill, login: Login) -> None:
    login.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert refused(sign_in(mill, login)) == "failed"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_public_key_is_no_secret_and_none_is_no_algorithm(mill: Mill, login: Login, algorithm: str) -> None:
    login.header = {"alg": algorithm, "kid": "one"}
    assert refused(sign_in(mill, login)) == "failed"


def test_new_keys_of_the_provider_are_fetched(mill: Mill, login: Login) -> None:
    sign_in(mill, login)
    login.key = RSAKey.generate_key(2048, {"kid": "two"})
    login.header = {"alg": "RS256", "kid": "two"}
    assert sign_in(mill, login).status_code == 200


def test_only_the_browser_that_began_can_finish(mill: Mill, login: Login) -> None:
    url = begin(mill)
    code = login.sign_in(url)
    assert refused(come_back(mill, url, code, state="forged")) == "failed"
    url = begin(mill)
    code = login.sign_in(url)
    mill.client.cookies.clear()
    assert refused(come_back(mill, url, code)) == "failed"
    mill.client.cookies.set("gristmill_sign_in", "e30.00", path="/sign-in/provider")
    assert refused(come_back(mill, url, code)) == "failed"


def test_a_code_counts_once(mill: Mill, login: Login) -> None:
    url = begin(mill)
    code = login.sign_in(url)
    cookie = mill.client.cookies["gristmill_sign_in"]
    assert come_back(mill, url, code).status_code == 200
    mill.client.cookies.set("gristmill_sign_in", cookie, path="/sign-in/provider")
    assert refused(come_back(mill, url, code)) == "failed"


def test_refusals_of_the_provider_and_its_absence_are_told(mill: Mill, login: Login) -> None:
    url = begin(mill)
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = mill.client.get(
        "/sign-in/provider/back", params={"error": "access_denied", "state": state}, follow_redirects=False
    )
    assert refused(answer) == "failed"


def test_a_provider_that_is_away_is_told_of(mill: Mill, login: Login) -> None:
    login.is_away = True
    answer = mill.client.get("/sign-in/provider", follow_redirects=False)
    assert answer.status_code == 502
    assert "does not answer" in answer.json()["detail"]


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "x;y"])
def test_nobody_is_led_to_another_site(mill: Mill, login: Login, to: str) -> None:
    assert 'content="0;url=/"' in sign_in(mill, login, to).text


def test_an_address_that_was_not_verified_is_nobodys(make_mill: MakeMill, login: Login) -> None:
    oidc = {"issuer": ISSUER, "client": CLIENT, "address": ADDRESS, "claim": "email"}
    mill = make_mill(service={"oidc": oidc})
    login.claims = {"email": "ann"}
    assert refused(sign_in(mill, login)) == "failed"
    login.claims = {"email": "ann", "email_verified": True}
    assert sign_in(mill, login).status_code == 200


def test_a_provider_without_encryption_is_refused() -> None:
    oidc = {"issuer": "http://login.example", "client": CLIENT, "address": "https://answers.example"}
    with pytest.raises(SettingsError, match="https://"):
        load_settings(service={"oidc": oidc})
    with pytest.raises(SettingsError, match="needs 'client' and 'address'"):
        load_settings(service={"oidc": {"issuer": ISSUER}})


def test_without_a_provider_there_is_no_such_way(make_mill: MakeMill) -> None:
    mill = make_mill()
    assert mill.client.get("/sign-in/provider").status_code == 404
    assert "Sign in with" not in mill.client.get("/sign-in").text
