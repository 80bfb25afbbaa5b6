"""Examples of the rules about monitoring: a starter spec in which `web` collects the metrics of `db`, and a change of it."""

_RULES = "{% for rule in alerts() %}{{ rule.id }} {% endfor %}"
_WATCHED = f"""\
config/rules.yml.j2: "{_RULES}\\n"
config/web.yml: "rule_files: [/etc/rules.yml]\\n"
contracts/postgres.yaml:
  read: {{tag: 16.15-alpine}}
  metrics: {{pg_up: {{title: Whether it answers., kind: gauge, measures: answers, source: github.com/sample/sample}}}}
monitoring.yaml:
  collectors: {{web: {{rules: /etc/rules.yml}}}}
  alerts:
    db-down:
      title: It is down
      means: Nothing is stored.
      services: [db]
      expression: 'pg_up{{service="{{{{ service_id }}}}"}} == 0'
      for_s: 60
      severity: page
      runbooks: [start]
      fires: [{{series: pg_up, values: "0x9"}}]
      silent: [{{series: pg_up, values: "1x9"}}]
  dashboards: {{all: {{title: All, summary: For all., rows: [{{title: Up, panels: [{{title: Up, expression: up}}]}}]}}}}
  unwatched: {{web: it collects}}
services/db.yaml: {{metrics: {{port: sql}}}}
services/web.yaml:
  config: [{{source: config/rules.yml.j2, target: /etc/rules.yml}}, {{source: config/web.yml, target: /etc/web.yml}}]
"""


def watched(*changes: tuple[str, str]) -> str:
    """The example with some of its text replaced. Raises ValueError for text that it does not have."""
    text = _WATCHED
    for old, new in changes:
        if old not in text:
            raise ValueError(f"the example has no {old!r}")
        text = text.replace(old, new)
    return text
