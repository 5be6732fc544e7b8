"""Signing in by a provider of OpenID Connect: authorisation code with PKCE, state and nonce (OpenID Connect Core 1.0).

The provider says who somebody is. Whether they may come in, their role and their groups stay with this installation.
What a sign-in under way must remember is with the browser, signed, so that any process can finish it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from gristmill.service.problems import ProblemError
from gristmill.settings import OpenIdSettings

BACK = "/sign-in/provider/back"
MINUTES = 10
_DISCOVERY = "/.well-known/openid-configuration"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_FRESH_SECONDS = 3_600
_TIMEOUT_SECONDS = 10.0
_LEEWAY_SECONDS = 60


class NotSaidError(Exception):
    """The provider did not say, in a way that holds, who somebody is."""


@dataclass(frozen=True)
class Pending:
    """A sign-in under way."""

    state: str
    nonce: str
    verifier: str
    to: str
    until: float


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: OpenIdSettings, key: bytes) -> None:
        self._settings = settings
        self._key = hashlib.sha256(b"sign-in" + key).digest()
        self._known: dict[str, tuple[float, Any]] = {}
        self._asking = Lock()

    def begin(self, to: str) -> tuple[str, str]:
        """Begin a sign-in.

        Args:
            to: the path to go on to.

        Returns:
            The address at the provider, and the cookie that the browser must bring back.

        Raises:
            ProblemError: the provider does not answer.
        """
        until = time.time() + MINUTES * 60
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = Pending(state, nonce, verifier, to, until)
        try:
            place = self._document()["authorization_endpoint"]
        except (NotSaidError, KeyError) as error:
            detail = f"The provider at {self._settings.issuer} does not answer: {error}."
            raise ProblemError(HTTPStatus.BAD_GATEWAY, detail, "Sign in with a key, or try again.") from error
        asked = {
            "response_type": "code", "client_id": self._settings.client, "redirect_uri": self._back,
            "scope": "openid profile email", "state": pending.state, "nonce": pending.nonce,
            "code_challenge": _challenge(pending.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", self._signed(pending)

    def finish(self, cookie: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Return the name of who has signed in, and the path to go on to.

        Args:
            cookie: what `begin` gave the browser.
            query: what the provider sent it back with.

        Raises:
            NotSaidError: this sign-in was not begun by this browser, is too old, or the provider's word does not hold.
        """
        pending = self._read(cookie)
        if not hmac.compare_digest(query.get("state", "").encode(), pending.state.encode()) or "code" not in query:
            raise NotSaidError(query.get("error", "the answer is not to this sign-in")[:200])
        return self._name(self._token(query["code"], pending.verifier), pending.nonce), pending.to

    @property
    def _back(self) -> str:
        return self._settings.address.rstrip("/") + BACK

    def _token(self, code: str, verifier: str) -> str:
        """Exchange a code for the provider's word, which is signed."""
        client, secret = self._settings.client, os.environ.get(self._settings.secret_variable, "")
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back, "code_verifier": verifier}
        try:
            place = self._document()["token_endpoint"]
            answer = httpx.post(
                place, data=sent if secret else sent | {"client_id": client}, timeout=_TIMEOUT_SECONDS,
                auth=(quote(client), quote(secret)) if secret else None,
            )  # fmt: skip
            return str(answer.raise_for_status().json()["id_token"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise NotSaidError(f"no token: {error}"[:200]) from error

    def _name(self, token: str, nonce: str) -> str:
        claims = self._claims(token, fresh=False)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotSaidError("its nonce is of another sign-in")
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._settings.client:
            raise NotSaidError("it was issued to another client")
        name = claims.get(self._settings.claim)
        if not isinstance(name, str) or not name:
            raise NotSaidError(f"it has no '{self._settings.claim}'")
        if self._settings.claim == "email" and claims.get("email_verified") is not True:
            raise NotSaidError("the address was not verified")
        return name

    def _claims(self, token: str, *, fresh: bool) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client},
            exp={"essential": True},
        )
        try:
            published: Any = self._fetched(self._document()["jwks_uri"], fresh=fresh)
            keys = KeySet.import_key_set(published)
            read = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            registry.validate(read.claims)
        except (JoseError, ValueError, KeyError) as error:
            if not fresh:  # the provider may have changed its keys
                return self._claims(token, fresh=True)
            raise NotSaidError(f"its word does not hold: {error}") from error
        return dict(read.claims)

    def _document(self) -> dict[str, Any]:
        found = self._fetched(self._settings.issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self._settings.issuer:
            raise NotSaidError(f"it calls itself {found.get('issuer')}")
        return found

    def _fetched(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        with self._asking:
            at, found = self._known.get(url, (0.0, None))
            if found is None or fresh or time.monotonic() - at > _FRESH_SECONDS:
                try:
                    found = httpx.get(url, timeout=_TIMEOUT_SECONDS).raise_for_status().json()
                except (httpx.HTTPError, ValueError) as error:
                    raise NotSaidError(f"{url}: {error}") from error
                self._known[url] = time.monotonic(), found
        return dict(found)

    def _signed(self, pending: Pending) -> str:
        body = urlsafe_b64encode(json.dumps(asdict(pending)).encode())
        return f"{body.decode()}.{self._signature(body)}"

    def _read(self, cookie: str) -> Pending:
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._signature(body.encode()).encode(), signature.encode()):
            raise NotSaidError("this browser began no sign-in")
        pending = Pending(**json.loads(urlsafe_b64decode(body)))
        if pending.until < time.time():
            raise NotSaidError(f"it took longer than {MINUTES} minutes")
        return pending

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()


def _challenge(verifier: str) -> str:
    """Return what proves later who began it (RFC 7636)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
