"""The core of Plumbline: a spec with positions, findings, artifacts, facts, and the command line."""
