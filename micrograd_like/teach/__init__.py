"""The chain rule written out. In goes a Value; out come its derivation with the numbers, and exercises to work on."""
