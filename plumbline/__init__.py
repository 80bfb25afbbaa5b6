"""The core of Plumbline. Each package depends only on those above it in this list:

- `spec`: reads YAML files into a spec in which each value knows its place; findings.
- `expressions`: evaluates `{{ … }}` in a sandbox.
- `effective`: what follows from a spec in a mode: overrides merged, networks, relations, differences between modes.
- `report`: shows findings as text, JSON, SARIF, JUnit or GitHub annotations; masks secrets.
- `update`: plans the update from one release to another.
- `project`: the folder on disk: artifacts, drawn diagrams, what `plumb build` wrote.
- `runbook`: renders, runs and undoes runbooks.
- `provisioning`: cloud resources at Hetzner; also the standalone script.
- `bundle`: the archive for an air-gapped host.
- `stack`: starts a mode on a Docker engine, and removes what it started.
- `site`: hooks of the documentation site.
- `cli`: the commands, a module each; they also call `generators` and `validators`.
"""
