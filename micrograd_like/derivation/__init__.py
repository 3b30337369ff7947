"""The chain rule worked out on a graph, with its numbers; and as an exercise, with blanks."""

from .questions import Exercise as Exercise
from .questions import exercise as exercise
from .worked import Derivation as Derivation
from .worked import derive as derive
