"""A stack compared whole: every field that the engine has of it, against those of one that is made from the generated files."""
