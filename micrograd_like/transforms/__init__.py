"""Functions turned into their derivatives: grad and its kin. In goes a function of numbers, out comes another one."""
