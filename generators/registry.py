"""Every family of artifacts, and all of a spec's artifacts at once. A new generator is an entry here."""

from collections.abc import Sequence

from generators.cloud.desired_file import DesiredFileGenerator
from generators.cloud.provision_script import ProvisionScriptGenerator
from generators.cloud.review import FirstBootGenerator
from generators.cloud.roll_out import RollOutGenerator
from generators.compose import ComposeGenerator
from generators.diagrams import DiagramGenerator
from generators.host_scripts import HostScriptGenerator
from generators.json_schema import SchemaGenerator
from generators.pages import PageGenerator
from generators.parity import ParityGenerator
from generators.rule_pages import RulePageGenerator
from generators.sops import SopsGenerator
from plumbline.artifact import Artifact, Generator
from plumbline.explained import ExplainedRule
from plumbline.spec import Spec


def generators(rules: Sequence[ExplainedRule] = ()) -> tuple[Generator, ...]:
    """The families, in order. Rules are handed in, for checks may read artifacts but not the other way round."""
    return (
        ComposeGenerator(),
        HostScriptGenerator(),
        DesiredFileGenerator(),
        ProvisionScriptGenerator(),
        RollOutGenerator(),
        FirstBootGenerator(),
        SopsGenerator(),
        ParityGenerator(),
        PageGenerator(),
        RulePageGenerator(rules),
        DiagramGenerator(),
        SchemaGenerator(),
    )


def generate(spec: Spec, rules: Sequence[ExplainedRule] = ()) -> list[Artifact]:
    """All artifacts of a spec, by path; no two share one."""
    artifacts: dict[str, Artifact] = {}
    for generator in generators(rules):
        for artifact in generator.generate(spec):
            if artifact.path in artifacts:
                raise ValueError(f"{artifact.path} is generated twice, the second time by {generator.name}")
            artifacts[artifact.path] = artifact
    return [artifacts[path] for path in sorted(artifacts)]
