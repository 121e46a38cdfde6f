"""Whether capset/data still says what the projects say that it was read from: a tool of contributors.

``python -m tests.facts CLONES`` walks the release tags of local clones; CONTRIBUTING.md says how it is used.
"""
