"""Exact derivatives of plain Python arithmetic."""
from .ops import *
from .operation import function
from .value import Value
