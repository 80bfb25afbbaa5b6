"""Secrets: each service gets its own, and no page says otherwise than the compose file."""

import yaml

from generators.compose.project import ComposeGenerator
from generators.site.pages import PageGenerator
from plumbline.spec.spec import Spec
from validators.rules.examples import example_spec

SECRET = "{title: S, owner: o, scope: tenant, length: 32, rotation_days: 90}"
ONE_NAME_TWO_SECRETS = f"""
secrets.yaml: {{secrets: {{web_token: {SECRET}, db_token: {SECRET}}}}}
services/web.yaml: {{secrets: {{web_token: {{environment: TOKEN}}}}}}
services/db.yaml: {{secrets: {{db_token: {{environment: TOKEN}}}}}}
"""


def artifacts(spec: Spec) -> dict[str, str]:
    """Text of what is generated, by path."""
    every = (*ComposeGenerator().generate(spec), *PageGenerator().generate(spec))
    return {each.path: each.content.decode() for each in every}


def test_two_secrets_under_one_name_stay_two() -> None:
    made = artifacts(example_spec(ONE_NAME_TWO_SECRETS))
    services = yaml.safe_load(made["deploy/single/compose.yaml"])["services"]
    assert services["web"]["environment"]["TOKEN"] == "${SECRET_WEB_TOKEN:?}"
    assert services["db"]["environment"]["TOKEN"] == "${SECRET_DB_TOKEN:?}"
    settings = made["deploy/single/.env.example"]
    assert "\nSECRET_WEB_TOKEN=\n" in settings
    assert "\nSECRET_DB_TOKEN=\n" in settings
    assert "This file contains secrets" in settings


def test_pages_say_which_secrets_are_in_an_environment() -> None:
    made = artifacts(example_spec(ONE_NAME_TWO_SECRETS))
    for page in ("docs/operator/environment.md", "docs/auditor/secrets.md"):
        assert "In the environment of a service" in made[page]
        assert "no secret is in an environment variable" not in made[page]
    assert "`TOKEN`, by value" in made["docs/architect/services/web.md"]


def test_pages_of_a_spec_that_keeps_them_in_files_say_so() -> None:
    made = artifacts(example_spec(""))
    assert "no secret is in an environment variable" in made["docs/auditor/secrets.md"]
    assert "This file contains secrets" not in made["deploy/single/.env.example"]
