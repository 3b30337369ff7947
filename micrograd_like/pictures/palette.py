"""The colours of a picture: one hex code for each role, so that dark mode is one CSS rule for each colour."""

# fmt: off
PALETTE = {
    # role             light      dark
    "card":           ("#ffffff", "#0f172a"),
    "value":          ("#0067a5", "#5cb8ff"),
    "derivative":     ("#b83a00", "#ff9e5e"),
    "ink":            ("#0f172a", "#e2e8f0"),  # names, symbols
    "inner name":     ("#6b7280", "#9ca3af"),
    "arrow":          ("#64748b", "#94a3b8"),
    "input":          ("#f1f5f9", "#1e293b"),
    "input line":     ("#475569", "#cbd5e1"),
    "output":         ("#dbeafe", "#1e3a5f"),
    "operation":      ("#fef3c7", "#423006"),
    "operation line": ("#92400e", "#fcd34d"),
}
OF_LARGE = {
    "group":          ("#f8fafd", "#111c30"),  # the box around a scope
    "group line":     ("#cbd5e2", "#334156"),
}
HEAT = [             # from derivatives near 0 to the largest
                      ("#f8fafc", "#1e293b"),
                      ("#fff4e8", "#33251c"),
                      ("#ffe6cc", "#4a2a16"),
                      ("#ffd3a8", "#653114"),
                      ("#ffbd80", "#813a12"),
                      ("#ffa35c", "#9c4612"),
]
# fmt: on

LIGHT = {role: light for role, (light, dark) in (PALETTE | OF_LARGE).items()}
DARK_PAGES = ".vscode-dark,[theme=dark],[data-jp-theme-light=false]"  # VS Code's, Colab's and JupyterLab's


def dark_mode(scope: str) -> str:
    """The style sheet that turns every colour inside `scope` into its dark one, where the page around it is dark.

    A file has no page around it, and follows the viewer; notebooks have signs of their own for a dark page.
    """
    rules = (
        f'{scope} [{attribute}="{light}"]{{{attribute}:light-dark({light},{dark})}}'
        for light, dark in [*PALETTE.values(), *OF_LARGE.values(), *HEAT]
        for attribute in ("fill", "stroke")
    )
    file = f"{scope}:root{{color-scheme:light dark}}"
    return f"{file}:is({DARK_PAGES}) {scope}{{color-scheme:dark}}" + "".join(rules)
