"""Progress on stderr: a live table of services on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

_COLOURS = {"healthy": "green", "running": "green", "unhealthy": "red", "restarting": "red", "dead": "red"}


class Progress(Protocol):
    """Is told what begins, and how services fare."""

    def phase(self, text: str) -> None:
        """Something begins."""

    def services(self, states: Mapping[str, str]) -> None:
        """The state of each service."""

    def result(self, name: str, matches: int, others: int) -> None:
        """What came of a group of checks."""


class Silent:
    """Says nothing."""

    def phase(self, text: str) -> None: ...
    def services(self, states: Mapping[str, str]) -> None: ...
    def result(self, name: str, matches: int, others: int) -> None: ...


class ProgressLines:
    """A line for each beginning, and one for each service that changes its state."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.start = time.monotonic()
        self.known: dict[str, str] = {}

    def phase(self, text: str) -> None:
        self._say(text)

    def services(self, states: Mapping[str, str]) -> None:
        for name, state in sorted(states.items()):
            if self.known.get(name) != state:
                self.known[name] = state
                self._say(f"  {name}: {state}")

    def result(self, name: str, matches: int, others: int) -> None:
        self._say(f"  {name}: {_counted(matches, others)}")

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self.start:6.1f} s  {text}", file=self.stream, flush=True)


def _counted(matches: int, others: int) -> str:
    return f"{matches} match" + (f", {others} do not" if others else "")


@contextmanager
def watch_on(stream: TextIO, *, quiet: bool) -> Iterator[Progress]:
    """Progress for a stream; nothing at all when quiet."""
    if quiet:
        yield Silent()
    elif not stream.isatty():
        yield ProgressLines(stream)
    else:
        with _live(stream) as progress:
            yield progress


@contextmanager
def _live(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    class Shown:
        def __init__(self) -> None:
            self.text = "starting"
            self.states: Mapping[str, str] = {}
            self.results: dict[str, tuple[int, int]] = {}
            self.spinner = Spinner("dots")

        def phase(self, text: str) -> None:
            self.text = text

        def services(self, states: Mapping[str, str]) -> None:
            self.states = dict(states)

        def result(self, name: str, matches: int, others: int) -> None:
            self.results[name] = matches, others

        def __rich__(self) -> Table:
            table = Table.grid(padding=(0, 2))
            self.spinner.update(text=Text(self.text, style="bold"))
            table.add_row(self.spinner)
            for name, state in sorted(self.states.items()):
                table.add_row(Text(f"  {name}"), Text(state, style=_COLOURS.get(state, "yellow")))
            for name, (matches, others) in self.results.items():
                table.add_row(
                    Text(f"  {name}", style="bold"), Text(_counted(matches, others), "red" if others else "green")
                )
            return table

    live = Shown()
    with Live(live, console=Console(file=stream), refresh_per_second=8, transient=True):
        yield live
