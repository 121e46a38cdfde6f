"""Every kind of value, in an output as narrow as JupyterLab has it in a window of 800 pixels."""

from __future__ import annotations

import pytest
from attrs import evolve

from capset import Cap, CapSet, CapState, FileCaps, compare, engines, kernel, live, policy
from capset.engines import Request
from tests.browser import page

NARROW = 600  # pixels, what is left of 800 for an output

# What notebooks say of tables in outputs, as JupyterLab does; a theme is two colours and a stripe.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Values</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 14px/1.5 sans-serif; margin: 8px; background: light-dark(#fff, #111); color: light-dark(#222, #eee) }}
.cell_output {{ width: {width}px }}
td, th, tr {{ text-align: right; vertical-align: middle; padding: .5em; line-height: normal; white-space: normal }}
table {{ border-collapse: collapse; font-size: 12px; margin-bottom: 1em }}
tbody tr:nth-child(odd) {{ background: light-dark(#f5f5f5, #222) }}
code {{ padding: 1px 5px; background: light-dark(#eee, #333) }}
</style>{outputs}</html>"""

FULL = CapSet.from_mask(2**64 - 1)


def values() -> dict[str, object]:
    """Return some of each kind, the widest there are."""
    docker = engines.get("docker")
    masks = "".join(f"Cap{name}:\t{FULL.hex()}\n" for name in ("Prm", "Eff", "Bnd"))
    ids = "Uid:\t0\t1\t2\t3\nGid:\t0\t0\t0\t0\nGroups:\t\n"
    mighty = live.parse_status(f"Name:\tW{'eb' * 7}\nTgid:\t1\nPid:\t1\nPPid:\t0\n{ids}{masks}CapInh:\t{1:016x}\n")
    web = evolve(mighty, pid=4194303, tgid=4194303, caps=docker.container(), user_ns=4026531837)
    capabilities = {"add": ["SYS_ADMIN"]}
    pod = {"spec": {"containers": [{"name": "web", "securityContext": {"capabilities": capabilities}}]}}
    return {
        "cap": Cap.SYS_ADMIN,
        "set": FULL,
        "diff": CapSet().diff(FULL),
        "state diff": CapState().diff(mighty.caps),
        "state": CapState(effective=["kill", 41]),
        "process": mighty,
        "host": live.Snapshot([mighty, *[web] * 9, evolve(web, caps=CapState(permitted=["kill"], ambient=["kill"]))]),
        "file": FileCaps(permitted=FULL, rootid=100_000),
        "request": Request(add=["NET_ADMIN"], drop=["ALL"], user="nobody", privileged=True),
        "explanation": kernel.explain_execve(docker.credentials(add=["NET_ADMIN"], uid=1000), kernel.Executable()),
        "answer": kernel.why(docker.credentials(add=["NET_ADMIN"], uid=1000), "net_admin"),
        "histories": kernel.histories(docker.credentials(add=["NET_ADMIN"], uid=1000)),
        "findings": policy.pod_security(pod),
        "comparison": compare(a=docker, b=engines.get("podman"), c=engines.get("cri-o"), d=web, e=mighty),
        "matches": engines.recognise(docker.container(add=["SYS_ADMIN"])),
        **{f"history of {name}": engines.versions(name) for name in engines.names()},
        **{name: engines.get(name) for name in engines.names()},
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_value(shown, shots, scheme):
    """Nothing sticks out, everything is legible, and every table says what its cells are."""
    found = values()
    outputs = "".join(
        f'<h2>{name}</h2><div class="cell_output">{value._repr_html_()}</div>' for name, value in found.items()
    )
    driver = shown(PAGE.format(width=NARROW, outputs=outputs), scheme)
    page.window(driver, NARROW + 40)
    height = driver.execute_script("return document.scrollingElement.scrollHeight")
    page.screenshot(driver, shots / f"values-{scheme}.png", NARROW + 40, height)

    assert page.complaints(driver) == []
    assert page.said_and_asked(driver) == []
    assert len(page.tables(driver)) >= len(found)
