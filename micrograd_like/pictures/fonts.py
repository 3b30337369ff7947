"""Signs that no font of this machine has: in a picture of pixels they are boxes."""

from __future__ import annotations

from unicodedata import category

MOST_ASKED = 50  # signs
MOST_NAMED = 5


def without_a_font(text: str) -> list[str]:
    """The signs of a text that no font here has; [] where there is no `fc-list`, fontconfig's, to ask."""
    from shutil import which

    signs = [c for c in dict.fromkeys(text) if c > "\u02ff" and category(c) not in ("Cf", "Mn")]
    if not signs or not which("fc-list") or is_in_a_font(signs):
        return []
    return [c for c in signs[:MOST_ASKED] if not is_in_a_font([c])]


def is_in_a_font(signs: list[str]) -> bool:
    """Whether one font has all these signs; also where that cannot be found out."""
    from subprocess import SubprocessError, run

    wanted = " ".join(f"{ord(c):x}" for c in signs)
    try:
        return bool(
            run(["fc-list", f":charset={wanted}", "family"], capture_output=True, timeout=10, check=True).stdout
        )
    except (OSError, SubprocessError):
        return True


def sentence(signs: list[str], kind: str, instead: str = "save the drawing as .svg") -> str:
    """The warning about signs that no font has."""
    shown = " ".join(signs[:MOST_NAMED]) + (f" and {len(signs) - MOST_NAMED} more" if len(signs) > MOST_NAMED else "")
    return (
        f"no font here has {shown}, which the {kind} shows as boxes: install a font that has them, such as Noto's, "
        f"or {instead}, whose fonts are those of who looks at it"
    )
