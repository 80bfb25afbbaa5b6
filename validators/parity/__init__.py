"""The modes side by side against the parity matrix: `asking` runs the probes, `verdict` judges the answers."""
