"""The tests that need no Linux, run in Pyodide under node: CPython for browsers, on a computer that has neither."""
