"""What reporters say of rules. The caller hands the rules in, for the core knows none."""

from collections.abc import Mapping
from typing import Protocol


class DescribedRule(Protocol):
    """A rule that explains itself."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def fix(self) -> str: ...


Rules = Mapping[str, DescribedRule]
"""Rules by id."""
