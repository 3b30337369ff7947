"""Many rows at once. In go a recorded program and arrays with one scenario a row; out come arrays of answers."""
