"""What a recorded function depends on beside its arguments. In goes the function; out comes whether it has changed."""
