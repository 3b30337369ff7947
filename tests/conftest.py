"""Settings of hypothesis: no wall-clock limits, since machines are shared; in CI the same examples every time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "project", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")
