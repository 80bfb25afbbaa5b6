"""What follows from a spec in a mode: services as they run, relations, differences."""
