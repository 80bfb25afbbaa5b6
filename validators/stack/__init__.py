"""The stack: what the generated projects are when a real engine runs them, against what the spec says."""
