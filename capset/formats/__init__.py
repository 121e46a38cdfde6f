"""The ways people write capabilities: a lenient reader and a strict writer for each.

One module a dialect: :mod:`~capset.formats.libcap`, :mod:`~capset.formats.docker`,
:mod:`~capset.formats.compose`, :mod:`~capset.formats.kubernetes`, :mod:`~capset.formats.oci` and
:mod:`~capset.formats.systemd`; and :mod:`~capset.formats.configuration` for the files that configure engines. What
tools print is read line by line: :mod:`~capset.formats.programs`, :mod:`~capset.formats.processes`,
:mod:`~capset.formats.systemctl`, :mod:`~capset.formats.strace` and :mod:`~capset.formats.audit`. All take and give
texts and parsed documents; no file is opened.

A reader takes every spelling that the target takes. What the target would refuse or ignore is not lost: it
is in the ``problems`` of what the reader returns, each with its place and with what to write instead. A
writer writes the one spelling that the target documents.

Examples:
    >>> from capset.formats import compose, docker
    >>> compose.to_service(docker.from_flags(["--cap-drop=all", "--cap-add", "cap_net_raw"]))
    {'cap_drop': ['ALL'], 'cap_add': ['NET_RAW']}
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.formats import audit as audit
    from capset.formats import compose as compose
    from capset.formats import configuration as configuration
    from capset.formats import devcontainer as devcontainer
    from capset.formats import docker as docker
    from capset.formats import ecs as ecs
    from capset.formats import gitlab as gitlab
    from capset.formats import kubernetes as kubernetes
    from capset.formats import libcap as libcap
    from capset.formats import limits as limits
    from capset.formats import lxc as lxc
    from capset.formats import nomad as nomad
    from capset.formats import nspawn as nspawn
    from capset.formats import oci as oci
    from capset.formats import processes as processes
    from capset.formats import programs as programs
    from capset.formats import quadlet as quadlet
    from capset.formats import strace as strace
    from capset.formats import systemctl as systemctl
    from capset.formats import systemd as systemd
    from capset.problem import Problem as Problem
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.formats": (
                "audit",
                "compose",
                "configuration",
                "devcontainer",
                "docker",
                "ecs",
                "gitlab",
                "kubernetes",
                "libcap",
                "limits",
                "lxc",
                "nomad",
                "nspawn",
                "oci",
                "processes",
                "programs",
                "quadlet",
                "strace",
                "systemctl",
                "systemd",
            ),
            "capset.problem": ("Problem",),
        },
    )
