"""Compose projects: `project` writes the file, `service` one service of it, `waits` its `depends_on`."""
