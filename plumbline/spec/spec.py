"""The loaded spec: one immutable object that every rule and generator reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbline.spec.location import Location
from plumbline.spec.paths import PathText, SpecPath, parts_of
from plumbline.spec.yaml_tree import YamlNode, holds, key_at, node_at
from schema.backup import Backups
from schema.catalogue import Catalogue
from schema.contract import Contract
from schema.data_flow import DataFlows
from schema.image import ImageCatalogue, ModelCatalogue
from schema.monitoring import Monitoring
from schema.parity import Parity
from schema.platform import Networks, Platform, Requirements, Secrets, Tenants, Update, Waivers
from schema.runbook import Runbook
from schema.service import Service
from schema.topology import Topology


@dataclass(frozen=True)
class Spec:
    """Everything that a spec's folder says. Field `x` is the model of `x.yaml`, or of the files in `x/` by id."""

    platform: Platform
    requirements: Requirements
    networks: Networks
    secrets: Secrets
    tenants: Tenants
    waivers: Waivers
    update: Update
    catalogue: Catalogue
    images: ImageCatalogue
    models: ModelCatalogue
    monitoring: Monitoring
    backups: Backups
    data_flows: DataFlows
    parity: Parity
    topology: Mapping[str, Topology]
    services: Mapping[str, Service]
    runbooks: Mapping[str, Runbook]
    contracts: Mapping[str, Contract]
    """What images do by themselves, by the image's id."""
    templates: Mapping[str, str]
    """Text of the files below `config/`, by path relative to the spec's folder."""
    revision: str = ""
    """First 12 digits of the SHA-256 over the files: the name of this state of the spec."""
    trees: Mapping[str, YamlNode] = field(repr=False, default_factory=dict)
    """Position trees by `platform` or `services/<id>`."""
    label: str = ""
    """What stands before the names of the spec's files in locations."""

    @property
    def modes(self) -> tuple[str, ...]:
        """Ids of the modes: first those that platform.yaml puts in an order, then the others by id."""
        ordered = [mode for mode in dict.fromkeys(self.platform.modes) if mode in self.topology]
        return (*ordered, *sorted(self.topology.keys() - set(ordered)))

    def says(self, section: str) -> bool:
        """Whether a file of the spec speaks of a section; what none speaks of has defaults that nobody wrote."""
        return section in self.trees

    def at(self, path: PathText | SpecPath) -> Location:
        """Where a spec path stands; the nearest existing parent where the path itself is not written.

        `templates`, the name of a template and a number are that line of it.
        """
        found = self._locate(path)
        return found[0] if found else Location("")

    def has(self, path: PathText | SpecPath) -> bool:
        """Whether a spec path is written; a field that is not has its default."""
        if self._in_template(path):
            return True
        tree, inner = self._tree_of(parts_of(path))
        return tree is not None and holds(tree, inner)

    def key_at(self, path: PathText | SpecPath) -> Location:
        """Where the last key of a spec path stands, for findings about the key itself."""
        found = self._locate(path)
        return found[1] if found else Location("")

    def line_of(self, path: PathText | SpecPath, line: int | None) -> Location:
        """Where a line of a text stands; the text as a whole where it is no block, whose lines are the file's."""
        tree, inner = self._tree_of(parts_of(path))
        node = node_at(tree, inner) if tree else None
        if line is None or node is None or node.style != "|":
            return self.at(path)
        return _whole_line(node.location.file, node.location.line + line)

    def template_line(self, name: str, line: int | None) -> Location:
        """Where a line of a template stands."""
        folder = self.at(("platform",)).file.removesuffix("platform.yaml")
        return _whole_line(folder + name, line) if line else Location(folder + name)

    def _locate(self, path: PathText | SpecPath) -> tuple[Location, Location] | None:
        if line := self._in_template(path):
            return line, line
        tree, inner = self._tree_of(parts_of(path))
        if tree is None:
            return None
        key = key_at(tree, inner)
        value = node_at(tree, inner).location
        return value, key.location if key else value

    def _in_template(self, path: PathText | SpecPath) -> Location | None:
        match parts_of(path):
            case ("templates", str(name), int(line)) if name in self.templates:
                return Location(self.label + name, line, 1, line, 1)
        return None

    def _tree_of(self, parts: SpecPath) -> tuple[YamlNode | None, SpecPath]:
        if not parts:
            return None, ()
        section = str(parts[0])
        if len(parts) > 1 and (tree := self.trees.get(f"{section}/{parts[1]}")):
            return tree, parts[2:]
        single = self.trees.get(section)
        if single is None:
            return None, ()
        inner = parts[1:]
        if inner and isinstance(single.value, dict) and inner[0] not in single.value and section in single.value:
            inner = (section, *inner)
        return single, inner


def _whole_line(file: str, line: int) -> Location:
    return Location(file, line, 1, line + 1, 1)
