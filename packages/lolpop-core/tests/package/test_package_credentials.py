"""Credentials that are known by their form are refused; ordinary text isn't."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lolpop.config.document import load
from lolpop.errors import SecretError
from lolpop.package.credentials import credential_in
from lolpop.package.secrets import refuse_kept

RANDOM = "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
BASIC = base64.b64encode(b"aladdin:opensesame").decode()


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("postgresql://me:hunter2@db:5432/x", "a URL with a password"),
        ("redis://:hunter2@cache", "a URL with a password"),
        ("mysql+pymysql://me:p%40ss@db/x?ssl=1", "a URL with a password"),
        ("see https://me:x@host/path, or not", "a URL with a password"),
        ("s3://KEY:secret@bucket/folder", "a URL with a password"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "a key of AWS"),
        ("id=ASIA" + "IOSFODNN7EXAMPLE,", "a key of AWS"),
        (f"ghp_{RANDOM}", "a token of GitHub"),
        (f"gho_{RANDOM}", "a token of GitHub"),
        (f"github_pat_11A{RANDOM}_{RANDOM}", "a token of GitHub"),
        (f"https://{'ghp_' + RANDOM}@github.com/me/repo", "a token of GitHub"),
        ("glpat-" + RANDOM[:20], "a token of GitLab"),
        ("hf_" + RANDOM, "a token of Hugging Face"),
        ("xoxb-" + "123456789012-abcdef", "a token of Slack"),
        ("xoxp-" + "123456789012-abcdef", "a token of Slack"),
        ("AIza" + RANDOM[:35], "a key of Google"),
        ("sk_live_" + RANDOM[:24], "a key of Stripe"),
        (JWT, "a JSON web token"),
        (f"Bearer {RANDOM}", "a bearer token"),
        ("Authorization: bearer abc123def", "a bearer token"),
        (f"Basic {BASIC}", "a name and password"),
        (f"Authorization: Basic {BASIC.rstrip('=')}", "a name and password"),
    ],
)
def test_credentials_are_refused(project: Any, value: str, what: str) -> None:
    project.write("more.yaml", f"train: {{config: {{address: {value!r}}}}}".replace("\\n", " "))
    message, hint = project.refusal("lolpop.yaml", "more.yaml")
    assert message == (
        f"more.yaml:1:27: train.config.address: the value seems to hold {what}, and would be in"
        " the package for all to read"
    )
    assert hint == (
        "write ${env:ADDRESS}, or if it is none: package: {allow_literals:"
        " ['train.config.address']}"
    )
    assert project.store.list() == []


@pytest.mark.parametrize(
    "value",
    [
        *("data/train.csv", "/home/me/a:b@c", "C:\\data", "s3://bucket/key:x@y", "gs://bucket"),
        *(
            "https://host:8080/path?mail=me@x.org",
            "postgresql://me@db:5432/x",
            "ssh://git@host:22/x",
        ),
        *("https://host/a:b@c", "me@x.org", "http://[::1]:80/", "sqlite:///data.db"),
        *("0" * 64, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256:" + "ab" * 32),
        *("123e4567-e89b-12d3-a456-426614174000", "AKIA", "AKIATOOSHORT", "eyJ.x", "eyJabc"),
        *("bearer of bad news", "Bearer instruments of 2024", "bearer securities", "the bearer"),
        *("basic training", "Basic 101", "Basic usage:", "Basic auth", "BASIC compiler"),
        *("sk_test_0123456789abcdef", "xoxo-hugs", "hf_model", "ghp", "sk-learn", "AIza"),
        *("-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "", "***"),
        *(7, 0.5, True, None),
    ],
)
def test_ordinary_values_are_not(value: object) -> None:
    assert credential_in(value) is None


def test_what_a_variable_gives_is_no_literal_and_its_default_is(project: Any) -> None:
    project.yaml("""
        config:
          urls: ["postgresql://me:${env:PW}@db/x", "${env:URL:-postgresql://me@db}"]
          header: "Bearer ${env:TOKEN}"
    """)
    assert project.package()
    project.yaml("config: {db: '${env:URL:-postgresql://me:hunter2@db}'}")
    assert project.refusal() == (
        "lolpop.yaml:5:14: config.db: the value seems to hold a URL with a password, and would be"
        " in the package for all to read",
        "write ${env:DB}, or if it is none: package: {allow_literals: ['config.db']}",
    )


def test_one_that_is_allowed_is_packaged(project: Any) -> None:
    project.yaml("""
        config: {urls: ["http://test:test@localhost"]}
        package: {allow_literals: [config.urls]}
    """)
    assert project.package()


@pytest.mark.parametrize("value", ["${env:URL}", "postgresql://me:hunter2@db"])
def test_a_parameter_that_holds_one_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("URL", "postgresql://me:hunter2@db")
    project.yaml(f"deployment: {{parameters: {{db: '{value}', other: '${{env:UNSET}}'}}}}")
    node = load().root.get("deployment")
    parameters = node.get("parameters") if node else None
    assert parameters
    with pytest.raises(SecretError) as caught:
        refuse_kept(parameters, "deployment.parameters", [])
    assert caught.value.message == (
        "lolpop.yaml:5:31: deployment.parameters.db: the value seems to hold a URL with a password,"
        " and the engine would keep and show it"
    )
    assert caught.value.hint == (
        "write ${env:DB} into the workflow's own `config`, which a step reads when it runs, or if"
        " it is none: package: {allow_literals: ['deployment.parameters.db']}"
    )
    refuse_kept(parameters, "deployment.parameters", ["deployment.parameters.db"])


def test_an_item_without_a_name_gets_one(project: Any) -> None:
    project.yaml("config: {urls: ['redis://:hunter2@cache']}")
    _, hint = project.refusal()
    assert (
        hint == "write ${env:NAME}, or if it is none: package: {allow_literals: ['config.urls.0']}"
    )
