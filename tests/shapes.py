"""Shapes in which a text can grow, for each reader: twice as much may take twice the time and memory, and no more."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from capset import Cap, CapDiff, CapSet, FileCaps, documents, live
from capset.documents.shell import commands
from capset.errors import CapsetError
from capset.formats import docker, kubernetes, libcap, oci
from capset.kernel import Rules

Shape = Callable[[int], object]


def linted(dialect):
    """Return what reads a document of a dialect and lints it, to the end."""

    def lint(text):
        report = documents.lint(documents.read(text, "name", dialect=dialect))
        return str(report), report.by_workload(), report.to_sarif()

    return lint


def tried(reader, text):
    """Read a text; an error, with its message, is an answer as well."""
    with suppress(CapsetError):
        return reader(text)
    return None


KEPT = [
    each for each in gc.get_objects() if isinstance(each, type(lru_cache(len))) and each.cache_parameters()["maxsize"]
]


def prepare(reader, text):
    """Read a text, so that modules are loaded and facts are read, and forget what is kept of some texts."""
    tried(reader, text)
    for kept in KEPT:
        kept.cache_clear()


def work(reader, text):
    """Count the calls of functions, those written in C too; the time that they take is no matter of a test."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    prepare(reader, text)
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        tried(reader, text)
    finally:
        sys.setprofile(before)
    return count


def names(many):
    """Return names of no capabilities, none twice."""
    return [f"N{number}" for number in range(many)]


def service(**keys):
    return json.dumps({"services": {"a": keys}})


def services(many, **keys):
    return json.dumps({"services": {f"s{number}": keys for number in range(many)}}, indent=1)


def pod(containers, **keys):
    return json.dumps({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers, **keys}})


def container(number=0, **context):
    return {"name": f"c{number}", "securityContext": context or {"capabilities": {"add": ["KILL"]}}}


def job(*tasks):
    return json.dumps({"TaskGroups": [{"Name": "g", "Tasks": tasks}]})


def task(*, fargate=False, **keys):
    return json.dumps(
        {"containerDefinitions": [{"name": "a", **keys}], "requiresCompatibilities": ["FARGATE"] if fargate else []}
    )


def host(**keys):
    return json.dumps([{"Name": "/web", "HostConfig": keys}])


STATUS = (
    b"Name:\tweb%s\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t%s\n"
    b"CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n%s"
)
UNIT = "# /etc/systemd/system/{0}\n[Service]\nExecStart=a\n"

MASK = "0" * 16

SHAPES: dict[str, tuple[Callable[..., object], dict[str, Shape]]] = {
    "rows of status files": (
        linted("status"),
        {
            "files": lambda n: f"/proc/1/status:CapEff: {MASK}\n" * n,
            "files of other names": lambda n: "".join(f"/proc/{i}/status:CapEff: {MASK}\n" for i in range(n)),
            "whole files": lambda n: (STATUS % (b"", b"", b"")).decode().replace("\t0\n", f"\t{MASK}\n") * n,
            "rows on one line": lambda n: f"CapEff: {MASK} " * n,
            "labels on one line": lambda n: "CapEff: Name: " * n,
            "labels without a mask": lambda n: f"CapEff: {MASK} " + "CapEff: " * n,
            "blanks behind a label": lambda n: "CapEff" + " " * n + "x",
            "a long front": lambda n: "-" * n + f"CapEff: {MASK}",
            "colons in front": lambda n: "a: :" * n + f"CapEff: {MASK}",
            "words in front": lambda n: "web | " * n + f"CapEff: {MASK}",
            "lines that are none": lambda n: "[...]\n" * n + f"CapEff: {MASK}",
            "JSON": lambda n: json.dumps([{"label": "CapEff", "mask": MASK, "names": []}] * n),
            "JSON of a host": lambda n: json.dumps(
                {"hidden": 0, "processes": [{"pid": 1, "caps": {"effective": {"mask": MASK, "names": []}}}] * n}
            ),
        },
    ),
    "compose in YAML": (
        linted("compose"),
        {
            "services": lambda n: "services:\n" + "".join(f"  s{i}:\n    cap_add: [KILL]\n" for i in range(n)),
            "unknown keys": lambda n: "services:\n  a:\n" + "".join(f"    cap_ad{i}: 1\n" for i in range(n)),
            "a long name": lambda n: f"services:\n  {'a' * 8 * n}:\n    cap_add: [{','.join(names(n // 8))}]\n",
            "names": lambda n: f"services:\n  a:\n    cap_add: [{','.join(names(n))}]\n",
            "merges of one": lambda n: f"x: &x {{a: 1}}\nservices:\n  a:\n    <<: [{','.join(['*x'] * n)}]\n",
            "aliases": lambda n: "x: &x {cap_add: [KILL]}\nservices:\n" + "".join(f"  s{i}: *x\n" for i in range(n)),
            "anchors": lambda n: f"services:\n  a: [{','.join(f'&a{i} 1' for i in range(n))}]\n",
            "blank lines": lambda n: "services:\n" + "\n" * n + "  a: {}\n",
            "comments": lambda n: "services:\n" + "# a\n" * n + "  a: {}\n",
            "folded lines": lambda n: "services:\n  a: >\n" + "    b c\n" * n,
            "escapes": lambda n: 'services:\n  a: "' + "\\x41" * n + '"\n',
            "documents": lambda n: "---\na: 1\n" * n,
            "a long word": lambda n: f"services:\n  a: {'a' * n}\n",
            "tags": lambda n: "services:\n" + "".join(f"  s{i}: {{cap_add: !reset [KILL]}}\n" for i in range(n)),
            "tags in each other": lambda n: f"services:\n  a: {{cap_add: !override [{'!reset [], ' * n}]}}\n",
            "extended": lambda n: (
                "services:\n  a: {user: '5'}\n" + "".join(f"  s{i}: {{extends: a}}\n" for i in range(n))
            ),
            "extended on": lambda n: (
                "services:\n  s0: {user: '5'}\n" + "".join(f"  s{i + 1}: {{extends: s{i}}}\n" for i in range(n))
            ),
        },
    ),
    "compose files": (
        lambda texts: str(documents.lint(documents.merge(texts))),
        {
            "files": lambda n: {f"f{i}": "services:\n  a:\n    user: '5'\n" for i in range(n)},
            "names": lambda n: dict.fromkeys("ab", f"services: {{a: {{cap_add: [{','.join(names(n))}]}}}}"),
            "services": lambda n: dict.fromkeys("ab", services(n, cap_add=["KILL"])),
            "tags": lambda n: dict.fromkeys(
                "ab", "services:\n" + "".join(f"  s{i}: {{user: '5', cap_add: !reset [A]}}\n" for i in range(n))
            ),
        },
    ),
    "compose in JSON": (
        linted("compose"),
        {
            "services": lambda n: services(n, cap_add=["KIL"]),
            "a long name": lambda n: json.dumps({"services": {"a" * 8 * n: {"cap_add": names(n // 4)}}}),
            "a name with dots": lambda n: json.dumps({"services": {"a." * 8 * n: {"cap_add": names(n // 4)}}}),
            "names": lambda n: service(cap_add=names(n)),
            "one name": lambda n: service(cap_add=["KILL"] * n, cap_drop=["KILL"] * n),
            "security options": lambda n: service(security_opt=names(n)),
            "one security option": lambda n: service(security_opt=["label:a"] * n),
            "hooks": lambda n: service(post_start=[{"user": name} for name in names(n)]),
            "entitlements": lambda n: service(build={"entitlements": ["security.insecure"] * n}),
            "a number": lambda n: f'{{"services":{{"a":{{"user":{"1" * n}}}}}}}',
            "backslashes": lambda n: service(user="\\" * n),
            "an open text": lambda n: '{"services":"' + "a" * n,
        },
    ),
    "kubernetes": (
        linted("kubernetes"),
        {
            "containers": lambda n: pod([container(i) for i in range(n)]),
            "containers of one name": lambda n: pod([container()] * n),
            "unknown keys of a pod": lambda n: pod(
                [container(i) for i in range(n // 8)], securityContext=dict.fromkeys(names(4 * n))
            ),
            "unknown keys": lambda n: pod([container(**dict.fromkeys(names(n), 1))]),
            "a long name": lambda n: json.dumps(
                {**json.loads(pod([container(i) for i in range(n // 8)])), "metadata": {"name": "p" * 8 * n}}
            ),
            "a long kind": lambda n: json.dumps({"kind": "K" * 8 * n, "a": [{"image": "a"}] * (n // 8)}),
            "names": lambda n: pod([container(capabilities={"add": names(n)})]),
            "one name": lambda n: pod([container(capabilities={"add": ["KILL"] * n, "drop": ["KILL"] * n})]),
            "items": lambda n: json.dumps({"kind": "List", "items": [json.loads(pod([container()]))] * n}),
            "items without a pod": lambda n: json.dumps({"kind": "List", "items": [{"kind": "Service"}] * n}),
            "images": lambda n: json.dumps({"kind": "X", "a": [{"image": "a"}] * n}),
            "pods in YAML": lambda n: "---\nkind: Pod\nspec: {containers: [{name: a}]}\n" * (n // 4),
        },
    ),
    "devcontainer": (
        linted("devcontainer"),
        {
            "names": lambda n: json.dumps({"capAdd": names(n)}),
            "words": lambda n: json.dumps({"runArgs": [f"--cap-add={name}" for name in names(n)]}),
            "one word": lambda n: json.dumps({"runArgs": ["--cap-add=KILL", "--cap-drop=KILL"] * n}),
            "unknown keys": lambda n: json.dumps({"capAdd": [], **{f"capAd{i}": 5 for i in range(n)}}),
            "features": lambda n: json.dumps({"capAdd": [], "features": dict.fromkeys(names(n), 5)}),
            "comments": lambda n: '{"capAdd": [' + '"KILL", // a\n' * n + "]}",
            "comments without an end": lambda n: '{"capAdd": []} ' + "/* " * n,
            "commas": lambda n: '{"capAdd": [' + "," * n + "]}",
            "quotes": lambda n: '{"capAdd": [' + '"' * n,
        },
    ),
    "ecs": (
        linted("ecs"),
        {
            "containers": lambda n: json.dumps({"containerDefinitions": [{"name": "a", "user": "5"}] * n}),
            "names": lambda n: task(linuxParameters={"capabilities": {"add": names(n)}}),
            "names for Fargate": lambda n: task(linuxParameters={"capabilities": {"add": ["KILL"] * n}}, fargate=True),
            "unknown keys": lambda n: task(linuxParameters=dict.fromkeys(names(n), 1)),
            "security options": lambda n: task(dockerSecurityOptions=names(n)),
        },
    ),
    "gitlab": (
        linted("gitlab"),
        {
            "runners": lambda n: "[[runners]]\nexecutor = 'kubernetes'\n" * n,
            "names": lambda n: f"[[runners]]\nexecutor = 'docker'\n[runners.docker]\ncap_add = {names(n)}\n",
            "names of a pod": lambda n: (
                f"[[runners]]\nexecutor='kubernetes'\n[runners.kubernetes]\ncap_add = {names(n)}\n"
            ),
            "keys": lambda n: (
                "[[runners]]\nexecutor = 'docker'\n[runners.docker]\n" + "".join(f"cap_ad{i} = 1\n" for i in range(n))
            ),
        },
    ),
    "nomad": (
        linted("nomad"),
        {
            "tasks": lambda n: job(*[{"Name": "a", "Driver": "docker", "User": "5"}] * n),
            "names": lambda n: job({"Name": "a", "Driver": "exec", "Config": {"cap_add": names(n)}}),
            "unknown keys": lambda n: job({"Name": "a", "Driver": "docker", "Config": dict.fromkeys(names(n), 1)}),
            "services": lambda n: json.dumps(
                {"TaskGroups": [{"Tasks": None, "Services": [{"Name": "a", "Connect": {"SidecarService": {}}}] * n}]}
            ),
            "blocks": lambda n: (
                'job "a" {\n' + 'task "b" {\n driver = "docker"\n config { cap_add = ["KILL"] }\n}\n' * n + "}\n"
            ),
            "blocks of other names": lambda n: (
                'job "a" {\n' + "".join(f'group "g{i}" {{}}\n' for i in range(n)) + "}\n"
            ),
            "blocks in blocks": lambda n: 'job "a" {\n' + "b {\n" * n + "}\n" * n + "}\n",
            "names in HCL": lambda n: (
                f'job "a" {{ task "b" {{ driver = "exec", config {{ cap_add = {json.dumps(names(n))} }} }} }}'
            ),
            "variables": lambda n: (
                'job "a" {\n task "b" {\n driver = "exec"\n config { cap_add = [' + "var.a, " * n + "] }\n}\n}\n"
            ),
            "what others read": lambda n: "variable {}\n" * n + 'job "a" {}\n',
        },
    ),
    "helm": (
        linted("helm"),
        {
            "contexts": lambda n: json.dumps({f"k{i}": {"securityContext": {"runAsUser": 5}} for i in range(n)}),
            "one context": lambda n: "x: &x {securityContext: {}}\ny: [" + "*x, " * n + "]\n",
            "keys": lambda n: json.dumps({"securityContext": dict.fromkeys(names(n), 1), "a": 1}),
            "names": lambda n: json.dumps({"a": 1, "securityContext": {"capabilities": {"add": names(n)}}}),
            "others": lambda n: json.dumps({f"k{i}": {"privileged": True} for i in range(n)} | {"securityContext": {}}),
            "texts": lambda n: json.dumps({"x": ["image: x\n"] * n, "y": " " * n, "securityContext": {}}),
            "by name": lambda n: json.dumps({"a": 1, "securityContext": {f"k{i}": {"runAsUser": 5} for i in range(n)}}),
            "pods'": lambda n: json.dumps({f"a{i}podSecurityContext": {} for i in range(n)}),
        },
    ),
    "limits": (
        linted("kubernetes"),
        {
            "names": lambda n: json.dumps({"kind": "SecurityContextConstraints", "allowedCapabilities": names(n)}),
            "keys": lambda n: json.dumps(dict.fromkeys(names(n), 1) | {"kind": "SecurityContextConstraints"}),
        },
    ),
    "what is no document": (
        documents.dialect_of,
        {
            "braces": lambda n: "{{ x }}\n" * n,
            "of a chart": lambda n: "a: {{ x\n" * n + "{{ .Values.x }}",
            "packages": lambda n: "package a\n" * n,
        },
    ),
    "inspect": (
        linted("inspect"),
        {
            "names": lambda n: host(CapAdd=names(n)),
            "unknown keys": lambda n: host(**{f"CapAd{i}": 1 for i in range(n)}),
            "containers": lambda n: json.dumps([{"HostConfig": {"CapAdd": ["CAP_KILL"]}}] * n),
            "security options": lambda n: host(SecurityOpt=names(n)),
        },
    ),
    "oci": (
        linted("oci"),
        {
            "names": lambda n: json.dumps({"process": {"capabilities": {"bounding": names(n)}}}),
            "unknown keys": lambda n: json.dumps({"process": {"capabilities": {f"boundin{i}": [] for i in range(n)}}}),
        },
    ),
    "crictl": (
        linted("crictl"),
        {
            "names": lambda n: json.dumps({"Spec": {"process": {"capabilities": {"bounding": names(n)}}}}),
            "containers": lambda n: json.dumps(
                [{"Spec": {"process": {"capabilities": {"bounding": ["CAP_KILL"]}}}}] * n
            ),
        },
    ),
    "docker": (
        linted("docker"),
        {
            "options": lambda n: f"docker run {'--cap-add KILL --cap-drop KILL ' * n} a",
            "names": lambda n: f"docker run {' '.join(f'--cap-add N{i}' for i in range(n))} a",
            "security options": lambda n: f"docker run {' '.join(f'--security-opt=N{i}' for i in range(n))} a",
            "variables": lambda n: "A= " * n + "docker run a",
            "options of sudo": lambda n: f"sudo {'-n A=b ' * n}docker run a",
            "options of docker": lambda n: f"docker {'-D ' * n}run a",
            "many dockers": lambda n: "x " + "docker -H " * n + "a",
            "letters": lambda n: f"docker run -{'t' * n} a",
            "behind the image": lambda n: "docker run a " + "--cap-add=KILL " * n,
            "an image": lambda n: f"docker run {'a-' * n}!",
            "quotes": lambda n: "docker run a" + "'b'" * n,
            "escapes": lambda n: "docker run a" + "\\b" * n,
            "dollars": lambda n: "docker run a" + "$" * n,
            "begun outputs": lambda n: "docker run a" + "$(" * n,
            "begun marks": lambda n: "docker run a" + "<b" * n,
            "an open mark": lambda n: "docker run a <" + "b " * n,
            "evals": lambda n: "eval " * n + "docker run a",
            "evals behind sudo": lambda n: "eval sudo " * n + "docker run a",
            "programs in a word": lambda n: "docker run a; ssh h 'docker " + "docker " * n + "'",
            "braces": lambda n: "docker run " + "{a,b} " * n,
            "braces in a word": lambda n: "docker run " + "{a}" * n + "{b,c}" * 6,
            "open braces": lambda n: "docker run " + "{a," * n,
            "braces in braces": lambda n: "docker run " + "{a," * n + "}" * n,
            "much in braces": lambda n: "docker run {" + "a," * n + "}" + "b" * n,
            "numbers before marks": lambda n: "docker run a " + "1" * n + " 1<b>" * n,
            "continued lines": lambda n: "docker " + "\\\n" * n + "run a",
            "comments": lambda n: "# a\n" * n + "docker run a",
        },
    ),
    "podman": (
        linted("podman"),
        {
            "lines": lambda n: "$ podman run --cap-add KILL a && ls\n" * n,
            "names in one value": lambda n: f"podman run --cap-add {','.join(names(n))} a",
            "what is not read": lambda n: "podman run a\n" + "xargs podman run --privileged a\n" * n,
            "prompts": lambda n: f"podman run a\n{'[a ' * n}\n{'a@b' * n}\n{'/a' * n}\n",
            "in front": lambda n: "time " * n + "podman run a",
            "shells": lambda n: "sh -c 'podman run a'\n" * n,
            "shells in a line": lambda n: "sh -c " * n + "'podman run a'; podman run a",
            "outputs": lambda n: "a=$(podman run a)\n" * n,
            "redirections": lambda n: f"podman run {'2>a ' * n}a",
            "words of root": lambda n: "# podman run a\n" * n,
            "settings of a user namespace": lambda n: f"podman run --userns=keep-id:{'a=b,' * n} a",
        },
    ),
    "lxc": (
        linted("lxc"),
        {
            "lines": lambda n: "lxc.cap.drop = kill\n" * n,
            "lines of both kinds": lambda n: "lxc.cap.drop = kill\nlxc.cap.drop =\nlxc.cap.keep = kill\n" * n,
            "names": lambda n: f"lxc.cap.keep = {' '.join(names(n))}\n",
            "unknown keys": lambda n: "".join(f"lxc.cap.dro{i} = kill\n" for i in range(n)),
            "files": lambda n: "lxc.include = /a/b\n" * n,
            "other lines": lambda n: "cap.drop = kill\narch: a\n" * n,
            "comments": lambda n: "lxc.cap.drop =\n" + "#\n" * n,
        },
    ),
    "nspawn": (
        linted("nspawn"),
        {
            "lines": lambda n: "[Exec]\n" + "Capability=CAP_KILL\n" * n,
            "names": lambda n: f"[Exec]\nCapability={' '.join(names(n))}\n",
            "unknown keys": lambda n: "[Exec]\nBoot=no\n" + "".join(f"DropCapabilit{i}=N\n" for i in range(n)),
        },
    ),
    "quadlet": (
        linted("quadlet"),
        {
            "lines": lambda n: "[Container]\nImage=a\n" + "AddCapability=CAP_KILL\n" * n,
            "names": lambda n: f"[Container]\nImage=a\nAddCapability={' '.join(names(n))}\n",
            "unknown keys": lambda n: "[Container]\nImage=a\n" + "".join(f"AddCapabilit{i}=N\n" for i in range(n)),
            "other commands": lambda n: (
                "[Container]\nImage=a\n[Service]\n" + "ExecStop=podman run --cap-add %i a\n" * n
            ),
            "options": lambda n: "[Container]\nImage=a\n" + "PodmanArgs=--cap-add KILL\n" * n,
            "escapes": lambda n: "[Container]\nImage=a\nPodmanArgs=" + "\\x41" * n,
            "quotes": lambda n: "[Container]\nImage=a\nAddCapability=" + "'a'" * n,
            "no lines": lambda n: "[Container]\nImage=a\n" + "a\n" * n,
            "files": lambda n: "".join(f"# /etc/{i}.container\n[Container]\nImage=a\n" for i in range(n)),
        },
    ),
    "systemd": (
        linted("systemd"),
        {
            "lines": lambda n: "[Service]\n" + "CapabilityBoundingSet=CAP_KILL\n" * n,
            "names": lambda n: f"[Service]\nCapabilityBoundingSet={' '.join(names(8 * n))}\n",
            "unknown keys": lambda n: "[Service]\nUser=a\n" + "".join(f"CapabilityBoundingSe{i}=N\n" for i in range(n)),
            "open quotes": lambda n: "[Service]\nCapabilityBoundingSet=" + "a' " * n,
            "containers": lambda n: "[Service]\n" + "ExecStart=podman run --cap-add %i a\n" * n,
            "shells": lambda n: "[Service]\n" + "ExecStart=sh -c 'podman run a; ssh h podman run b'\n" * n,
            "a shell": lambda n: f"[Service]\nExecStart=sh -c '{'podman run a; ' * n}'\n",
            "containers in a line": lambda n: f"[Service]\nExecStart={'podman run a ; ' * n}\n",
            "continued lines": lambda n: "[Service]\nCapabilityBoundingSet=" + "CAP_KILL \\\n" * n,
            "sections": lambda n: "[Service]\nUser=a\n" + "".join(f"[S{i}]\n" for i in range(n)),
            "units": lambda n: "".join(UNIT.format(f"s{i}.service") for i in range(n)),
            "drop-ins": lambda n: "".join(
                map(UNIT.format, ["s.service", *(f"s.service.d/{i}.conf" for i in range(n))])
            ),
            "backslashes": lambda n: "[Service]\nUser=" + "\\" * n,
            "ends of lines": lambda n: "[Service]\n" + "\0\r\n" * n,
            "a path": lambda n: f"# /{'a.d/' * n}\n[Service]\nUser=a\n",
            "digits": lambda n: f"[Service]\nCapabilityBoundingSet={'1' * n} 0{'7' * n} 0x{'f' * n}\n",
        },
    ),
    "libcap": (
        linted("libcap"),
        {
            "clauses": lambda n: "cap_kill=ep " * n,
            "names": lambda n: "cap_kill," * n + "all=e" + "+p" * n,
            "a long name": lambda n: f"cap_{'a' * n}=ep",
            "digits": lambda n: f"0{'7' * n}=ep",
        },
    ),
    "iab": (linted("iab"), {"names": lambda n: "!^cap_kill," * n, "signs": lambda n: "!" * n + "cap_kill"}),
    "xattr": (linted("xattr"), {"digits": lambda n: "00" * n, "lines": lambda n: "security.capability=00\n" * n}),
    "getcap": (
        linted("getcap"),
        {
            "lines": lambda n: "/a cap_kill=ep\n" * n,
            "paths alone": lambda n: "/a\n" * n,
            "clauses": lambda n: "/a" + " cap_kill=ep" * n,
            "blanks": lambda n: "/a" + " b" * n + " cap_kill=ep",
            "names": lambda n: f"/a {','.join(f'cap_{name}' for name in names(n))}=ep",
            "prompts": lambda n: "$ a\n" * n + "/a cap_kill=ep",
        },
    ),
    "rpm": (linted("rpm"), {"lines": lambda n: "/a\tcap_kill=ep\n" * n, "tabs": lambda n: "/a" + "\t" * n + "=\n"}),
    "getfattr": (
        linted("getfattr"),
        {
            "files": lambda n: "# file: a\nsecurity.capability=0x00\n" * n,
            "escapes": lambda n: '# file: a\nsecurity.capability="' + "\\000" * n + '"\n',
            "attributes": lambda n: "user.a=1\n" * n + "security.capability=0x00\n",
        },
    ),
    "filecap": (
        linted("filecap"),
        {
            "rows": lambda n: "effective /a   kill\n" * n,
            "names": lambda n: f"effective /a   {', '.join(names(n))}",
            "blanks": lambda n: f"effective /a{' ' * n}kill",
        },
    ),
    "capsh": (
        linted("capsh"),
        {
            "threads": lambda n: "Current: cap_kill=ep\n" * n,
            "names": lambda n: f"Bounding set ={','.join(names(n))}",
            "lines": lambda n: "Current: =\n" + "hello\n" * n,
        },
    ),
    "capsh-decode": (linted("capsh-decode"), {"lines": lambda n: "0x0000000000000020=cap_kill\n" * n}),
    "getpcaps": (linted("getpcaps"), {"lines": lambda n: "5: cap_kill=ep\n" * n}),
    "pscap": (
        linted("pscap"),
        {
            "rows": lambda n: "1 2 root a kill +\n" * n,
            "names": lambda n: f"1 2 root a {', '.join(names(n))} +",
            "marks": lambda n: "1 2 root a kill" + " +" * n,
        },
    ),
    "podman-top": (
        linted("podman-top"),
        {
            "rows": lambda n: "PID  EFFECTIVE CAPS\n" + "1  KILL\n" * n,
            "headers": lambda n: "EFFECTIVE CAPS\n" * n,
            "columns": lambda n: "EFFECTIVE CAPS" + "  A" * n + "\nKILL" + "  a" * n,
        },
    ),
    "systemctl": (
        linted("systemctl"),
        {
            "units": lambda n: "CapabilityBoundingSet=cap_kill\nAmbientCapabilities=\nUser=5\n\n" * n,
            "names": lambda n: f"CapabilityBoundingSet={' '.join(names(8 * n))}\nUser=\nAmbientCapabilities=\n",
            "lines": lambda n: "User=\n" + "a b\n" * n,
            "commands": lambda n: (
                "User=\n" + "ExecStop={ argv[]=podman run a ; flags= ; }\nExecStopEx={ argv[]=sh -c b }\n" * n
            ),
            "a command": lambda n: f"User=\nExecStop={'{ argv[]=podman run ; flags= ; ' * n}\n",
        },
    ),
    "strace": (
        linted("strace"),
        {
            "calls": lambda n: "capget({version=3, pid=0}, {effective=0, permitted=0, inheritable=0}) = 0\n" * n,
            "threads": lambda n: "".join(f"{i} prctl(PR_CAPBSET_DROP, CAP_KILL) = 0\n" for i in range(n)),
            "pieces": lambda n: "".join(f"{i} capget(1 <unfinished ...>\n" for i in range(n)),
            "numbers": lambda n: f"capset(0, {{effective={'|'.join(['0x1'] * n)}, permitted=0, inheritable=0}}) = 0",
            "words": lambda n: f"capset(0, {'{effective=' * n}) = 0",
            "resets": lambda n: "execve(1) = 0\n" * n,
        },
    ),
    "audit": (
        linted("audit"),
        {
            "events": lambda n: "".join(
                f"type=AVC msg=audit(1.0:{i}): avc:  denied  {{ kill }} for pid=5 tclass=capability\n" for i in range(n)
            ),
            "records of one event": lambda n: "type=CAPSET msg=audit(1.0:5): pid=5 cap_pp=20\n" * n,
            "names": lambda n: f"avc:  denied  {{ {' '.join(names(n))} }} for pid=5 tclass=capability",
            "fields": lambda n: "type=CAPSET msg=audit(1.0:5): " + "a=b " * n,
            "a word": lambda n: "type=CAPSET msg=audit(1.0:5): " + "a-" * n,
            "other lines": lambda n: "hello\n" * n,
        },
    ),
    "dialect_of": (
        documents.dialect_of,
        {
            "words": lambda n: "a " * n,
            "letters": lambda n: "a" * n,
            "blanks": lambda n: " \t\n" * n,
            "slashes": lambda n: "/." * n,
            "hyphens": lambda n: " - " * n,
            "a key": lambda n: f"a{' ' * n}b",
        },
    ),
    "CapSet.parse": (CapSet.parse, {"names": lambda n: "kill, " * n, "a name": lambda n: "a" * n}),
    "CapDiff.parse": (CapDiff.parse, {"names": lambda n: "+kill " * n, "blanks": lambda n: " " * n}),
    "Cap.parse": (Cap.parse, {"prefixes": lambda n: "CAP_" * n, "digits": lambda n: "1" * n}),
    "libcap.from_name": (libcap.from_name, {"digits": lambda n: "0" + "7" * n}),
    "live.parse_status": (
        live.parse_status,
        {
            "groups": lambda n: STATUS % (b"", b" ".join([b"1"] * n), b""),
            "a name": lambda n: STATUS % (b"\\n" * n, b"", b""),
            "lines": lambda n: STATUS % (b"", b"", b"a:\tb\nCapx\n" * n),
            "a line": lambda n: STATUS % (b"", b"", b"Cap" * n),
            "wrong groups": lambda n: STATUS % (b"", b"1 " * n + b"x", b""),
        },
    ),
    "FileCaps.from_xattr": (FileCaps.from_xattr, {"zeros": bytes}),
    "the shell": (
        commands,
        {"words": lambda n: "a " * n, "operators": lambda n: ";" * n, "output": lambda n: "`a`" * n},
    ),
    "Rules.of": (Rules.of, {"digits": lambda n: f"6.1.{'1' * n}", "a suffix": lambda n: "6.1-" + "rc1~" * n}),
    "docker.from_flags": (docker.from_flags, {"options": lambda n: ["--cap-add=KILL"] * n}),
    "kubernetes.from_pod": (
        kubernetes.from_pod,
        {"containers": lambda n: json.loads(pod([container(i) for i in range(n)]))},
    ),
    "oci.from_process": (oci.from_process, {"names": lambda n: {"capabilities": {"bounding": names(n)}}}),
}
