"""The names of metrics in expressions of Prometheus, and what is not closed."""

import pytest

from plumbline.expressions.promql import metrics_in, unclosed


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up == 0", ["up"]),
        ('up{job="a b{c}", instance=~"x|y"} == 0', ["up"]),
        ("sum by (service, job) (rate(a_total[5m])) / on(service) group_left(team) b", ["a_total", "b"]),
        ("max without (instance) (m) or vector(0) unless absent(up)", ["m", "up"]),
        ("increase(x[10m] offset 5m) > bool 1e3 and y < +Inf # z", ["x", "y"]),
        ("service:memory:ratio > 0.9", ["service:memory:ratio"]),
        ("histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))", ["h_bucket"]),
        ("rate(a[1h:5m]) + a", ["a"]),
        ("label_replace(up, 'to', '$1', 'from', '(.*)')", ["up"]),
        ("min_over_time(by_name[5m]) - on_call", ["by_name", "on_call"]),
        ("1 + 2", []),
    ],
)
def test_the_metrics_that_an_expression_asks_for(expression: str, names: list[str]) -> None:
    assert metrics_in(expression) == names


@pytest.mark.parametrize(
    ("expression", "char"),
    [
        ("sum(up)", None),
        ('up{a="}("}', None),
        ("sum(up", "("),
        ("sum(up))", ")"),
        ("up[5m}", "}"),
        ('up{a="b}', '"'),
        ("up{", "{"),
    ],
)
def test_what_nothing_closes(expression: str, char: str | None) -> None:
    assert unclosed(expression) == char
