"""What whoever shows a rule knows of it: reporters, pages and the command line. The core has no rules; they are handed in."""

from collections.abc import Mapping
from typing import Protocol


class ExplainedRule(Protocol):
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
    @property
    def failing(self) -> str:
        """An example in which it finds something; empty where none can be written down."""
        ...

    @property
    def passing(self) -> str:
        """The example, fixed."""
        ...


Rules = Mapping[str, ExplainedRule]
"""Rules by id."""
