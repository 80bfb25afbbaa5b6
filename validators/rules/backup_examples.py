"""Examples of the rules about backups: a cloud example whose store is backed up, and a change of it."""

from validators.rules.cloud_examples import cloud_example

ONE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
OTHER_KEY = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
THIRD_KEY = "age1nk6ju3fg29peny07sxhj55cyraptwjeczsfp7jgv87s6h5qhggxq0zm3up"
_BACKED_UP = f"""\
{cloud_example()}backups.yaml:
  destination: {{location: ash, endpoint: "https://ash.example.com", region: ash, bucket: "kept-{{tenant}}", access_key: kept_id, secret_key: kept_key}}
  recipients: {{operations: {ONE_KEY}, safe: {OTHER_KEY}, tests: {THIRD_KEY}}}
  test: {{every_h: 168, recipient: tests}}
  stores:
    db: {{title: Rows, every_h: 24, keep_days: 35, take: [dump], restore: [load], look: [count]}}
services/db.yaml: {{volumes: {{data: /var/lib/postgresql/data}}}}
"""


def backed_up(*changes: tuple[str, str]) -> str:
    """The example with some of its text replaced. Raises ValueError for text that it does not have."""
    text = _BACKED_UP
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the example has no {old!r}")
        text = text.replace(old, new)
    return text
