"""Examples of the rules about backups: what is kept, alone or of a cloud example's store, and a change of it."""

from validators.rules.cloud_examples import cloud_example

ONE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
OTHER_KEY = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
THIRD_KEY = "age1nk6ju3fg29peny07sxhj55cyraptwjeczsfp7jgv87s6h5qhggxq0zm3up"
_KEPT = f"""\
backups.yaml:
  destination: {{location: ash, endpoint: "https://ash.example.com", region: ash, bucket: "kept-{{tenant}}", access_key: kept_id, secret_key: kept_key}}
  recipients: {{operations: {ONE_KEY}, safe: {OTHER_KEY}, tests: {THIRD_KEY}}}
  test: {{every_h: 168, recipient: tests}}
  stores:
    db: {{title: Rows, every_h: 24, keep_days: 35, take: [dump], restore: [load], look: [count]}}
"""
_ON_SERVERS = cloud_example() + "services/db.yaml: {volumes: {data: /var/lib/postgresql/data}}\n"


def kept(*changes: tuple[str, str]) -> str:
    """The example with some of its text replaced. Raises ValueError for text that it does not have."""
    return _changed(_KEPT, changes)


def kept_on_servers(*changes: tuple[str, str]) -> str:
    """The same, with a mode on servers that runs the store."""
    return _changed(_ON_SERVERS + _KEPT, changes)


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the example has no {old!r}")
        text = text.replace(old, new)
    return text
