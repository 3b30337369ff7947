"""The explorer's page. In goes a Value or a function; out comes an HTML file that steps through it."""
