"""Derivatives on trial. In go a function and its arguments; an error names the wrong rule, if there is one."""
