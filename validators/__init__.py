"""Two sides compared; each difference is a finding.

- `rules/`: rules about the spec (`plumb check`); a module is a family of rules.
- `drift`: artifacts on disk against what the spec generates.
- `stack/`: a running stack against the spec (`plumb verify stack`).
- `parity/`: the modes against the parity matrix.
- `cloud/`: a project at the provider against the desired state.
- `bundle/`: a bundle against its manifest and the spec.
- `all_rules`: every rule of all of these, by number, for `plumb explain` and the site.
"""
