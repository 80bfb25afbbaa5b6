"""Speed as ratios to what users have without Plumbline, measured in one run on one machine."""
