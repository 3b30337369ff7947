"""What goes on while a user's function runs: where in the program it is, what it drops and catches."""
