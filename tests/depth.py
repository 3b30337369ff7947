"""How many random cases a test tries: a quarter with FEW_EXAMPLES in the environment."""

from __future__ import annotations

import os

FEW = "FEW_EXAMPLES" in os.environ


def cases(many: int) -> int:
    return max(1, many // 4) if FEW else many
