"""YAML of other programs, read by libyaml; where that fails, PyYAML's own reader says why."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import yaml


@lru_cache(maxsize=512)
def document_of(text: str) -> Any:
    """What the one document of a text holds. It is shared: it must not be changed. Raises yaml.YAMLError."""
    return _either(lambda loader: yaml.load(text, loader))


@lru_cache(maxsize=512)
def ask_form(text: str) -> None:
    """Raises yaml.YAMLError for a text that is not YAML; a tag may be of any kind."""
    _either(lambda loader: [None for _ in yaml.compose_all(text, loader)])


def _either(read: Callable[[Any], Any]) -> Any:
    try:
        return read(yaml.CSafeLoader)
    except yaml.YAMLError:
        return read(yaml.SafeLoader)
