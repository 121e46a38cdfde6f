"""The ways people write capabilities: a lenient reader and a strict writer for each.

One module a dialect: :mod:`~capset.formats.libcap`, :mod:`~capset.formats.docker`,
:mod:`~capset.formats.compose`, :mod:`~capset.formats.kubernetes`, :mod:`~capset.formats.oci` and
:mod:`~capset.formats.systemd`. They take and give texts and parsed documents; no file is opened.

A reader takes every spelling that the target takes. What the target would refuse or ignore is not lost: it
is in the ``problems`` of what the reader returns, each with its place and with what to write instead. A
writer writes the one spelling that the target documents.

Examples:
    >>> from capset.formats import compose, docker
    >>> compose.to_service(docker.from_flags(["--cap-drop=all", "--cap-add", "cap_net_raw"]))
    {'cap_drop': ['ALL'], 'cap_add': ['NET_RAW']}
"""

from __future__ import annotations

from capset.formats import compose, docker, kubernetes, libcap, oci, systemd
from capset.problem import Problem

__all__ = ["Problem", "compose", "docker", "kubernetes", "libcap", "oci", "systemd"]
