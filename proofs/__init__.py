"""Programs that prove what is claimed, each with a score in its last line. `make help` lists them."""
