"""Both modes side by side: what the parity matrix declares, against what they answer."""
