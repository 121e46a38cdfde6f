"""What is read and loaded at its first use, used for the first time by many threads at once.

Where Python has no lock of its own any more (a free-threaded build) they truly meet; elsewhere they change places
more often than usual.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import capset

# Each is an expression whose value is the same for every thread; what it needs is loaded, read and kept by the first.
USES = [
    "str(capset.CapSet.parse('net_raw').diff(capset.DOCKER_DEFAULT))",
    "[(str(cap), cap.info.summary, cap.info.since_linux) for cap in capset.Cap]",
    "[capset.Cap(number) is capset.Cap(number) for number in range(64)]",
    "[(name, str(capset.engines.get(name).default)) for name in capset.engines.names()]",
    "capset.engines.get('docker', '20.10').container(['SYS_ADMIN'], uid=1000).effective.hex()",
    "str(capset.engines.recognise(capset.engines.get('podman').container(['KILL'])))",
    "str(capset.kernel.explain_execve(capset.engines.get('docker').credentials(uid=5), capset.kernel.Executable()))",
    "str(capset.kernel.Rules.of('6.12.117+deb13-cloud-amd64'))",
    "[each.name for each in capset.documents.read('[Service]\\nAmbientCapabilities=CAP_KILL\\n', name='a.service')]",
    "str(capset.documents.lint(capset.documents.read('docker run --cap-add NET_ADMNI web', name='run.sh')))",
    "capset.formats.libcap.to_text(capset.formats.libcap.from_text('cap_kill=ep'))",
    "str(capset.live.parse_rows('CapEff: 00000000a80425fb'))",
    "capset.display.html(capset.DOCKER_DEFAULT), capset.display.text(capset.CapState())",
    "str(capset.policy.pod_security({'kind': 'Pod', 'spec': {'containers': [{'name': 'a', 'image': 'b'}]}}))",
]
MEETING = """
import sys, threading
import capset
sys.setswitchinterval(1e-4)
uses = sys.argv[1:]
threads = len(uses)
start = threading.Barrier(threads)
said = [set() for _ in uses]
wrong = []
def use(number):
    start.wait()
    for at in range(number, number + len(uses)):
        try:
            said[at % len(uses)].add(repr(eval(uses[at % len(uses)])))
        except BaseException as error:
            wrong.append(f"{uses[at % len(uses)]}: {type(error).__name__}: {error}")
every = [threading.Thread(target=use, args=(number,)) for number in range(threads)]
for each in every: each.start()
for each in every: each.join()
for use, answers in zip(uses, said):
    if len(answers) != 1:
        wrong.append(f"{use}: {len(answers)} answers")
print("\\n".join(wrong))
"""


def test_many_threads_at_once():
    """Each gets the whole of it, and all get the same: each begins with another use, and goes on to all others."""
    path = os.pathsep.join([str(Path(capset.__file__).parent.parent), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", MEETING, *USES],
        capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip

    assert (done.stdout.strip(), done.stderr, done.returncode) == ("", "", 0)
