"""A run as steps and questions. In goes a function's arithmetic; out comes how any other call computes the same."""
