"""Functions over tables, row by row. In go a function and a table or a file; out come new columns of it."""
