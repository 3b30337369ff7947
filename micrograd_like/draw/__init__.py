"""Pictures of graphs: what was computed from what, and how derivatives flow back."""

from .drawing import Drawing as Drawing
from .drawing import draw as draw
from .explorer import explore as explore
from .layout import DrawingError as DrawingError
