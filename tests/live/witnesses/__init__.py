"""Witnesses: small programs that say what an operation asks of the kernel, by doing it.

Each prepares something as root, acts as somebody else with a set of capabilities, and looks whether it had an effect.
The least sets with which it has one are found by trying. Nothing here imports more than the standard library, as it
also runs where there is nothing else: in a machine of its own, with another kernel.

    python -m tests.live.witnesses [IDENTIFIER ...]
"""
