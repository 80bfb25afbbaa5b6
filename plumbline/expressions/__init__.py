"""Evaluates `{{ … }}`: `rendering` does it, `sandbox` defines the language, `budget` limits its cost.

`values` checks the parameters of runbooks, `linear_patterns` matches their regular expressions, `promql` reads PromQL.
The names that an expression can use are in `plumbline/effective/expression_names.py`.
"""
