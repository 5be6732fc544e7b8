"""Rules for secrets: private keys, tokens of known issuers, connection strings, passwords that are written down.

The shapes are those that the issuers publish so that leaks can be found. A value that only fills a place, such as
`<your-token>`, `changeme` or `${TOKEN}`, is no secret.
"""

from __future__ import annotations

import re

from gristmill.corpus.privacy.findings import Kind
from gristmill.corpus.privacy.rules import Rule

__all__ = ["CREDENTIAL_RULES"]

PLACEHOLDER = re.compile(
    r"(?i)^(?:[<{$%\[*(].*|x{3,}.*|\.{3,}|your.*|example.*|changeme|change_me|placeholder|redacted|none|"
    r"null|true|false|"
    r"required|optional|string|secret|password|passwort|token|hidden|str|env|os\..*|get.*\(.*)$"
)
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,8000}?"
    r"(?:-----END (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
ISSUERS = {
    "aws-key": (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", ("akia", "asia")),
    "github-token": (
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    "gitlab-token": (r"\bglpat-[\w-]{20,64}", ("glpat-",)),
    "slack-token": (r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}", ("xox",)),
    "slack-webhook": (r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,80}", ("hooks.slack.com",)),
    "google-key": (r"\bAIza[\w-]{35}", ("aiza",)),
    "model-api-key": (r"\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20,200}", ("sk-",)),
    # The prefix names the issuer: "sk_live_", "pk_test_", "wx_live_".
    "live-key": (r"\b[a-z]{2,8}_(?:live|test)_(?=[A-Za-z_]{0,99}\d)[A-Za-z0-9]{16,100}", ("_live_", "_test_")),
    "mail-api-key": (r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}", ("sg.",)),
    "package-token": (r"\b(?:pypi-AgEI[\w-]{50,250}|npm_[A-Za-z0-9]{36})", ("pypi-agei", "npm_")),
    "model-hub-token": (r"\bhf_[A-Za-z0-9]{30,60}\b", ("hf_",)),
    "web-token": (r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,1000}", ("eyj",)),
    "storage-key": (r"(?i)\bAccountKey=(?P<value>[A-Za-z0-9+/]{40,100}={0,2})", ("accountkey=",)),
}


def _is_no_placeholder(value: str) -> bool:
    return PLACEHOLDER.match(value.strip("\"'`")) is None


def _is_random(value: str) -> bool:
    """Letters and digits both, as drawn by a machine: `api_key: settings.name` is none."""
    return _is_no_placeholder(value) and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_password(value: str) -> bool:
    """An ordinary word after "password:" is prose: "password: required for administrators"."""
    return _is_no_placeholder(value) and not value.strip(".,;").isalpha()


def _issuer_rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(Kind.SECRET, name, re.compile(pattern), 0.97, needs=needs, accept=_is_no_placeholder)
        for name, (pattern, needs) in ISSUERS.items()
    )


_PASSWORD_WORDS = ("passw", "kennwort", "pwd", "passcode", "passphrase", "mot de passe")

CREDENTIAL_RULES = (
    Rule(Kind.SECRET, "private-key", PRIVATE_KEY, 0.99, needs=("private key",)),
    *_issuer_rules(),
    Rule(Kind.SECRET, "connection-string",
         re.compile(r"\b[a-zA-Z][a-zA-Z0-9+]{1,20}://[^\s:/@]{1,64}:(?P<value>[^\s/@]{1,128})@[\w.-]{1,253}"), 0.99,
         needs=("://",), accept=_is_no_placeholder, probe=re.compile(r"://[^\s:/@]{1,64}:[^\s/@]{1,128}@")),
    Rule(Kind.SECRET, "password",
         re.compile(r"(?i)\b(?:password|passwort|kennwort|passwd|pwd|passcode|passphrase|mot de passe)"
                    r"(?: ?[:=] ?| is:? | lautet:? | ist:? | est ?:? )[\"'`]?(?P<value>[^\s\"'`,;]{4,128})"), 0.85,
         needs=("passw", "pwd", "kennwort", "passcode", "passphrase", "mot de passe"), accept=_is_password,
         begins=_PASSWORD_WORDS),
    Rule(Kind.SECRET, "quoted-password",
         re.compile(r"(?i)\b(?:password|passwort|kennwort|passcode|mot de passe)\s{1,3}"
                    r"[\"'`](?P<value>[^\s\"'`]{6,128})[\"'`]"),
         0.85, needs=("passw", "kennwort", "passcode", "mot de passe"), accept=_is_random,
         begins=_PASSWORD_WORDS),
    Rule(Kind.SECRET, "named-secret",
         re.compile(r"(?i)(?:api[_-]?key|secret(?:[_-]?key)?|access[_-]?key|auth[_-]?token|access[_-]?token|token|bearer)"
                    r"[\"']?\s{0,3}[:= ]\s{0,3}[\"'`]?(?P<value>[A-Za-z0-9+/_.=-]{16,256})"), 0.85,
         needs=("api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "secret", "token", "bearer"),
         accept=_is_random, begins=("api", "secret", "access", "auth", "token", "bearer")),
)  # fmt: skip
