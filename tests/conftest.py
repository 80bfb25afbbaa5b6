"""What every test shares: hypothesis profiles, the fixtures of the lab, and who runs beside whom."""

import os
from importlib.util import find_spec

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

# The engine that live tests run on; a checkout without the lab still runs the others.
pytest_plugins = ["tests.workers", "tests.progress"]
pytest_plugins += [
    name
    for name in ("tests.lab.fixtures", "tests.bundle.answering_fixture")
    if find_spec("tests.lab") and find_spec(name)
]
