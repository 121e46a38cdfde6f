"""Would the tests notice? Mutants of the library, each wrong in one place, run against the tests that reach that place.

See tests/README.md for how it is run.
"""
