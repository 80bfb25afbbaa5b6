"""Standing a mode up on an engine, and seeing what is there."""
