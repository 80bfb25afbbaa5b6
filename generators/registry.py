"""Every family of artifacts, and all of a spec's artifacts at once. A new generator is an entry here."""

from collections.abc import Callable, Sequence

from generators.backup.restore_test import RestoreTestGenerator
from generators.backup.scripts import BackupGenerator
from generators.cloud.desired_file import DesiredFileGenerator
from generators.cloud.provision_script import ProvisionScriptGenerator
from generators.cloud.secrets_script import SecretsScriptGenerator
from generators.compose.project import ComposeGenerator
from generators.compose.sops import SopsGenerator
from generators.json_schema import SchemaGenerator
from generators.offline.scripts import HostScriptGenerator
from generators.release_facts import ReleaseFactsGenerator
from generators.rollout.playbook import RollOutGenerator
from generators.rule_tests import RuleTestGenerator
from generators.site.cloud_review import FirstBootGenerator
from generators.site.diagrams import DiagramGenerator
from generators.site.pages import PageGenerator
from generators.site.parity_pages import ParityGenerator
from generators.site.rule_pages import RulePageGenerator
from plumbline.project.artifact import Artifact, Generator
from plumbline.report.explained import ExplainedRule
from plumbline.spec.spec import Spec


def generators(rules: Sequence[ExplainedRule] = ()) -> tuple[Generator, ...]:
    """The families, in order. Rules are handed in, for checks may read artifacts but not the other way round."""
    return (
        ComposeGenerator(),
        ReleaseFactsGenerator(),
        HostScriptGenerator(),
        DesiredFileGenerator(),
        ProvisionScriptGenerator(),
        SecretsScriptGenerator(),
        RollOutGenerator(),
        BackupGenerator(),
        RestoreTestGenerator(),
        RuleTestGenerator(),
        FirstBootGenerator(),
        SopsGenerator(),
        ParityGenerator(),
        PageGenerator(),
        RulePageGenerator(rules),
        DiagramGenerator(),
        SchemaGenerator(),
    )


def generate(
    spec: Spec, rules: Sequence[ExplainedRule] = (), told: Callable[[int, int], None] | None = None
) -> list[Artifact]:
    """All artifacts of a spec, by path; no two share one. `told` hears how many families are done, and of how many."""
    artifacts: dict[str, Artifact] = {}
    families = generators(rules)
    for done, generator in enumerate(families):
        if told:
            told(done, len(families))
        for artifact in generator.generate(spec):
            if artifact.path in artifacts:
                raise ValueError(f"{artifact.path} is generated twice, the second time by {generator.name}")
            artifacts[artifact.path] = artifact
    return [artifacts[path] for path in sorted(artifacts)]
