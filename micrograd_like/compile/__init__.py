"""Functions recorded once and run fast. In goes a function of numbers, out comes one that computes the same."""
