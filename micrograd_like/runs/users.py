"""Whose code it is: the user's own, which is all but this package and the standard library."""

from __future__ import annotations

import sys
from types import ModuleType

from .positions import PACKAGE, STANDARD_LIBRARY

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from types import CodeType

NAME = __name__.partition(".")[0]


def is_users_file(file: str) -> bool:
    """Whether the code in a file is the user's: not this package's, nor the standard library's."""
    if file.startswith((PACKAGE, "<frozen")):
        return False
    return not file.startswith(STANDARD_LIBRARY) or is_installed(file)


def is_installed(file: str) -> bool:
    """Whether this is the file of an installed package, which is followed as the user's own files are."""
    return "site-packages" in file or "dist-packages" in file


def is_users_code(code: CodeType | None) -> bool:
    return code is not None and is_users_file(code.co_filename)


def is_librarys(module: object) -> bool:
    """Whether a module, by its name, is of the standard library or of this package."""
    first = module.partition(".")[0] if isinstance(module, str) else ""
    return first in sys.stdlib_module_names or first == NAME


def is_users_module(module: ModuleType) -> bool:
    file = vars(module).get("__file__")
    return is_users_file(file) if isinstance(file, str) else not is_librarys(module.__name__)


def is_users_class(kind: type) -> bool:
    """Whether a class is the user's, as far as its module tells."""
    return not is_librarys(kind.__module__)
