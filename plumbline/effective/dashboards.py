"""Dashboards of monitoring.yaml in the form of Grafana: JSON that it loads when it starts. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from plumbline.expressions.rendering import render
from schema.monitoring import Dashboard, Panel, PanelRow

SCHEMA_VERSION = 39
"""Form of the JSON that Grafana 11 writes; later versions read it."""
_COLUMNS, _HEIGHT = 24, 8
_LABEL = re.compile(r"\{(\w+)\}")
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SOURCE_CHOICE = {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus", "hide": 0}


def dashboard_text(id: str, dashboard: Dashboard, names: Mapping[str, Any]) -> str:
    """The JSON of a dashboard, with the first source of metrics that Grafana has. Raises ExpressionError."""
    data = {
        "uid": id,
        "title": dashboard.title,
        "description": dashboard.summary,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_SOURCE_CHOICE]},
        "panels": list(_panels(dashboard, names)),
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _panels(dashboard: Dashboard, names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for row in dashboard.rows:
        number += 1
        place = {"h": 1, "w": _COLUMNS, "x": 0, "y": top}
        yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}
        for panel, spot in _placed(row, top + 1):
            number += 1
            yield _panel(number, panel, spot, names)
        top += 1 + _HEIGHT


def _placed(row: PanelRow, top: int) -> Iterator[tuple[Panel, dict[str, int]]]:
    width = max(4, _COLUMNS // len(row.panels))
    for index, panel in enumerate(row.panels):
        yield panel, {"h": _HEIGHT, "w": width, "x": (index * width) % _COLUMNS, "y": top}


def _panel(number: int, panel: Panel, place: dict[str, int], names: Mapping[str, Any]) -> dict[str, Any]:
    legend = _LABEL.sub(r"{{\1}}", panel.legend or "")
    query = {
        "refId": "A",
        "datasource": _SOURCE,
        "expr": render(panel.expression, names).strip(),
        "legendFormat": legend,
    }
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [query],
    }
