"""The scripts of an air-gapped host, from `templates/*.sh.j2`. `scripts` lists them and their variables."""
