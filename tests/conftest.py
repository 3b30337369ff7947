"""Settings of hypothesis: no wall-clock limits, since machines are shared; the same examples every time,
unless RANDOM_EXAMPLES is set in the environment."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "project",
    deadline=None,
    derandomize="RANDOM_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")
