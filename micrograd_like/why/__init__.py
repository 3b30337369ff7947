"""Why a derivative is what it is, and how many digits of a result can be trusted."""

from .explain import Explanation as Explanation
from .explain import Explanations as Explanations
from .explain import why as why
from .rounding import Digits as Digits
from .rounding import digits as digits
