"""From text to a spec with positions: files, YAML, structure, references, findings."""
