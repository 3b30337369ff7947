"""Functions as models of something. In go uncertain inputs, or tables of them; out come reports and derivatives."""
