"""What a recorded function depends on beside its arguments: found, watched, and compared before each call."""
