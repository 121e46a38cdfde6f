"""Every reader, given what nearly is what it reads. See tests/README.md for how it is run."""
