"""How numbers, formulas and Values are written and called. In go nodes of a graph, out comes text; or in reverse."""
