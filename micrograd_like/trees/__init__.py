"""Numbers in containers, objects, arrays and models. In goes an argument; out come its numbers, and twins of it."""
