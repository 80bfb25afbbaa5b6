"""Where the pages of a project are published: what its mkdocs.yml says in `site_url`, MkDocs' own setting for it. Pure."""

from collections.abc import Callable
from urllib.parse import urlsplit

import yaml

PageAddress = Callable[[str], str | None]
"""The address of a page, given as `architect/rules/PLB101`; None where the site is published nowhere."""


def page_address(mkdocs: str) -> PageAddress:
    """How pages are addressed by the text of a project's mkdocs.yml; nothing in it is executed."""
    settings = _settings(mkdocs)
    site = settings.get("site_url", "")
    if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).netloc:
        return lambda page: None
    # as plumbline/site/defaults.yaml has it where the project says nothing: pages are files
    ending = "/" if settings.get("use_directory_urls") == "true" else ".html"
    return lambda page: f"{site.rstrip('/')}/{page}{ending}"


def _settings(mkdocs: str) -> dict[str, str]:
    """The plain settings of the top level; tags such as `!ENV` and `!!python/name` are not looked into."""
    try:
        root = yaml.compose(mkdocs, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    plain = (yaml.ScalarNode, "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool")
    return {
        key.value: value.value
        for key, value in pairs
        if isinstance(key, yaml.ScalarNode) and isinstance(value, plain[0]) and value.tag in plain[1:]
    }
