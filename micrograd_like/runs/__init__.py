"""What goes on while a user's function runs. In go its calls and errors; out comes what it lost, and where."""
