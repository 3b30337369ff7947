"""Why a derivative is what it is. In goes a Value or a function; out comes an explanation of a few lines."""
