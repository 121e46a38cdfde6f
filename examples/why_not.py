"""What would a container's user need, for a program to have a capability? Ask the kernel's rules, engine by engine."""

from __future__ import annotations

from capset import FileCaps, engines, kernel

ORDINARY = kernel.Executable()
WITH_CAPS = kernel.Executable(caps=FileCaps(permitted=["net_raw"], effective=True))

for name in ("docker", "podman", "cri-o"):
    for no_new_privs in (False, True):
        cred = engines.get(name).credentials(add=["NET_RAW"], uid=1000, no_new_privs=no_new_privs)
        print(f"{name}, user 1000, NET_RAW added{', no_new_privs' if no_new_privs else ''}")
        for title, program in (("an ordinary program", ORDINARY), ("one with cap_net_raw=ep", WITH_CAPS)):
            explanation = kernel.explain_execve(cred, program)
            if explanation.after is None:
                print(f"  {title} is not started: {explanation.error}")
            else:
                print(f"  {title}: {explanation.why('net_raw')}")
