"""The table in other languages. In goes a row's expression in Python; out comes the same in another language."""
