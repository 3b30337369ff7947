"""Libraries that say `from math import exp`. In goes a module; out come the names to bind there while a run goes on."""
