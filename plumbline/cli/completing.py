"""Values for shell completion, from the spec: modes, tenants, runbooks, rules."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from plumbline.spec.spec import Spec

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def of_spec(ids: Callable[[Spec], Iterable[tuple[str, str]]]) -> Completer:
    """Completes to ids of the spec that the call is about; each comes with words for a reader."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        spec = _spec(context)
        found = ids(spec) if spec else ()
        return [CompletionItem(id, help=title) for id, title in found if id.startswith(incomplete)]

    return complete


def _spec(context: click.Context) -> Spec | None:
    from plumbline.cli.exit_codes import spec_folder
    from plumbline.spec.finding import InputError
    from plumbline.spec.loading import load_spec
    from plumbline.spec.spec_files import read_spec_files

    try:
        return load_spec(read_spec_files(spec_folder(str(context.find_root().params.get("folder", "data")))))[0]
    except (InputError, OSError):
        return None


modes = of_spec(lambda spec: [(mode, spec.topology[mode].title) for mode in spec.modes])
tenants = of_spec(lambda spec: [(id, each.title) for id, each in spec.tenants.tenants.items()])
runbooks = of_spec(lambda spec: [(id, each.title) for id, each in sorted(spec.runbooks.items())])


def rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Rules by id."""
    from validators.all_rules import ALL_RULES

    known = sorted(ALL_RULES.values(), key=lambda each: each.id)
    return [CompletionItem(each.id, help=each.title) for each in known if each.id.startswith(incomplete.upper())]


def artifacts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files that the last build recorded."""
    from plumbline.cli.exit_codes import spec_folder
    from plumbline.project.workspace import Workspace

    folder = spec_folder(str(context.find_root().params.get("folder", "data"))).resolve()
    recorded = sorted(Workspace(folder.parent, folder.name).recorded_paths())
    return [CompletionItem(path) for path in recorded if path.startswith(incomplete)]
