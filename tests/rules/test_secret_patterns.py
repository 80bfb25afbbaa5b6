"""What is taken for a secret, and, as important, what is not."""

import pytest

from plumbline.report.masking import SECRET_NAME, is_literal, secret_in, url_credentials_in


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "AKIA" + "ABCDEFGH12345678",
        "ghp_" + "a1B2" * 9,
        "password: hunter22",
        "password : hunter22",
        "{'password':'hunter22'}",
        "requirepass hunter22",
        "token = 'abcd1234'",
        "user app on >hunter22 ~*",
        "key " + "Zk3vQ9xLr7TbN2wYc8HdJ5mPf4Gs6AeU",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_secrets_are_seen(text: str) -> None:
    assert secret_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "password: {{ secret('db_password') }}",
        "password_file: /run/secrets/db_password",
        "ALTER USER app WITH PASSWORD :'app_password';",
        "password: /run/secrets/db_password",
        "password_encryption = scram-sha-256",
        "requirepass: true",
        r'printf "api_key: %s\n" "$(cat /run/secrets/db_password)"',
        "requirepass {{ x }}",
        "user app on >{{ x }} ~*",
        "# the file holds the password: never its value",
        'password=Path("/run/secrets/db_password").read_text()',
        "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "/var/lib/some/long/path/of/A/Program/with/3/Digits",
        "openai/text-embedding-3-small",
        "tenant:example:queue:parse,policy,embedding",
        "a token is checked, and a password is never logged",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert secret_in(text) is None


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY", "AUTH_TOKEN", "secret"])
def test_names_of_secrets_are_seen(name: str) -> None:
    assert SECRET_NAME.search(name)


@pytest.mark.parametrize("name", ["DB_PASSWORD_FILE", "MAX_TOKENS", "KEY_PREFIX", "SECRETS_PATH", "PARTITION_KEY"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not SECRET_NAME.search(name)


def test_values_that_are_no_secrets_are_left_alone() -> None:
    assert is_literal("correct-horse")
    for harmless in ("", "true", "/etc/token", "$__file{/run/secrets/x}", "{{ secret('x') }}"):
        assert not is_literal(harmless)


def test_a_password_in_a_url_is_seen_and_a_user_alone_is_not() -> None:
    assert url_credentials_in("see postgresql://app:hunter22@db/app") == "postgresql"
    assert url_credentials_in("redis://:hunter22@cache") == "redis"
    for harmless in ("postgresql://app@db/app", "http://web:8080/x@y", "redis://app:{{ x }}@cache", "a://u:$PW@h"):
        assert url_credentials_in(harmless) is None
