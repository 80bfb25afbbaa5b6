"""Input that means harm or makes none: what is written where, and what `plumb check` has to say of it."""
