"""Jobs of Nomad, in HCL and in JSON."""

from __future__ import annotations

import json
import sys

import pytest

from capset import bounds, documents, engines
from capset.engines import Request
from capset.errors import DialectError, DocumentError, FormatError, MissingExtraError, TooLargeError
from capset.formats import nomad
from capset.formats.document import Node

pytest.importorskip("hcl2", reason="needs python-hcl2 (pip install 'capset[hcl]')")

from capset.documents import hcltext

JOB = """\
variable "tag" {
  default = "7"
}

job "shop" {
  group "cache" {
    task "redis" {
      driver = "docker"
      user   = "999:50"
      config {
        image        = "redis:${var.tag}"
        cap_drop     = ["all"]
        cap_add      = [
          "CAP_CHOWN",
          "setuid", # and a comment
        ]
        security_opt = ["no-new-privileges"]
      }
      template {
        data = <<EOT
job "inner" {
{{ env "X" }}
EOT
      }
    }
    task "log" {
      driver = "exec"
      config { cap_drop = ["kill"] }
    }
  }
  task "alone" {
    driver = "podman"
    config {
      privileged = true
    }
  }
}
"""


def task(driver="docker", user=None, **config):
    """Write a job of one task, as the API has it."""
    found = {"Name": "a", "Driver": driver, "Config": config} | ({} if user is None else {"User": user})
    return {"Job": {"TaskGroups": [{"Name": "g", "Tasks": [found], "Services": None}]}}


def hcl(inside):
    return f'job "j" {{\n  group "g" {{\n{inside}\n  }}\n}}\n'


def read(text):
    return documents.read(text, "a.nomad", dialect="nomad")


# -- what is read -----------------------------------------------------------------------------------


def test_a_job():
    """Each task, with the engine of its driver and the lines of what it says."""
    found = documents.read(JOB, "shop.nomad")
    assert [(one.label, one.dialect, one._engine, one.line) for one in found] == [
        ("alone: alone", "nomad", "podman", 31),
        ("cache: redis", "nomad", "nomad-docker", 7),
        ("cache: log", "nomad", "nomad", 26),
    ]
    assert [one.request for one in found] == [
        Request(privileged=True),
        Request(["CAP_CHOWN", "setuid"], ["all"], user="999:50", no_new_privs=True),
        Request([], ["kill"], user="nobody"),
    ]
    assert [one.problems for one in found] == [()] * 3
    gets = [outcome.gets for outcome in documents.lint(found).outcomes]
    assert [str(state.bounding) for state in gets[1:]] == [
        "CAP_CHOWN,CAP_SETUID",
        str(engines.get("nomad").default - {"KILL"}),
    ]
    assert len(gets[0].bounding) == 41
    assert str(gets[2].ambient) == str(engines.get("nomad").default - {"KILL"})


def test_the_forms_of_a_job_say_the_same():
    """As the API prints it, without what is around it, and in the JSON syntax of HCL, where blocks may be lists."""
    config = {"cap_add": ["chown"], "privileged": False}
    one = {"driver": "docker", "user": "5", "config": config}
    forms = [
        task(user="5", **config),
        task(user="5", **config)["Job"],
        {"job": {"j": {"group": {"g": {"task": {"a": one}}}}}},
        {"job": [{"j": [{"group": [{"g": [{"task": [{"a": [{**one, "config": [config]}]}]}]}]}]}]},
    ]
    for form in forms:
        [found] = nomad.from_job(form)
        assert (found.name, found.group, found.read()) == ("a", "g", Request(["chown"], user="5"))
        [workload] = documents.read(json.dumps(form))
        assert workload.dialect == "nomad"
        assert workload.request == found.read()


@pytest.mark.parametrize(
    ("driver", "user", "uid"),
    [("docker", None, 0), ("docker", ":20", 0), ("podman", None, 0), ("exec", None, None), ("java", "root", 0)],
)
def test_users(driver, user, uid):
    """Drivers exec and java take nobody where none is said; Docker's the image's own."""
    [found] = read(json.dumps(task(driver, user)))
    assert found.request.uid == uid
    assert found.problems == ()


def test_a_user_that_is_a_number():
    [found] = read(hcl('task "a" {\n driver = "docker"\n user = 1000\n }'))
    assert found.request.user == "1000"


def test_root_gets_what_the_driver_fixes():
    [found] = read(json.dumps(task("exec", "root", cap_drop=["all"])))
    [outcome] = documents.lint(found).outcomes
    assert outcome.gets.effective.hex() == "0000003fffffffff"


def test_what_the_client_allows():
    """A task adds no more than that: another configuration of the client is another engine."""
    [found] = read(json.dumps(task(cap_add=["net_admin"])))
    assert "net_admin" in str(documents.lint(found).outcomes[0]).lower()
    assert documents.lint(found).outcomes[0].gets is None
    from capset.formats import configuration

    client = configuration.from_nomad({"plugin": {"docker": {"config": {"allow_caps": ["all"]}}}})
    [outcome] = documents.lint(found, engine=client).outcomes
    assert "CAP_NET_ADMIN" in str(outcome.gets.bounding)


# -- what is wrong with it --------------------------------------------------------------------------

PROBLEMS = [
    ("docker", {"cap_add": ["net_raww"]}, "cap_add[0]: refused: Nomad (docker) knows no capability 'net_raww'"),
    ("exec", {"cap_drop": ["net_raww"]}, "cap_drop[0]: refused: Nomad knows no capability 'net_raww'"),
    ("podman", {"cap_add": ["net_raww"]}, "cap_add[0]: refused: Podman knows no capability 'net_raww'"),
    ("docker", {"cap_add": ["${attr.x}"]}, "cap_add[0]: depends: a variable stands here"),
    ("exec", {"cap_add": ["${attr.x}"]}, "cap_add[0]: depends: a variable stands here"),
    ("docker", {"cap_add": "${attr.x}"}, "cap_add: depends: a variable stands here"),
    ("docker", {"privileged": "${attr.x}"}, "privileged: depends: a variable stands here"),
    ("docker", {"privileged": True}, "privileged: depends: the Nomad client allows it only where allow_privileged is"),
    ("docker", {"privileged": "true"}, "privileged: depends: the Nomad client allows it only where allow_privileged"),
    ("docker", {"cap-add": []}, "cap-add: refused: the driver docker knows no such key: did you mean cap_add?"),
    (
        "docker",
        {"config": {"cap_add": []}},
        "config: refused: what stands in it belongs a level up, for the driver doc",
    ),
    ("exec", {"privileged": True}, "privileged: refused: the driver exec knows no such key"),
    ("java", {"security_opt": ["x"]}, "security_opt: refused: the driver java knows no such key"),
    ("docker", {"security_opt": ["no_new_privs"]}, "security_opt[0]: refused: Docker knows no security option"),
    ("podman", {"userns": "keep-id"}, "userns: note: the container has a user namespace of its own"),
]


@pytest.mark.parametrize(("driver", "config", "told"), PROBLEMS)
def test_problems(driver, config, told):
    [found] = nomad.from_job(task(driver, **config))
    first, *_ = found.read().problems
    assert str(first).startswith(f"Job.TaskGroups[0].Tasks[0].Config.{told}")


def test_other_problems():
    """Of the user, where it stands; and what is none."""
    [found] = nomad.from_job(task("exec", "${meta.user}"))
    assert [each.rule for each in found.read().problems] == ["variable"]
    [found] = nomad.from_job(task("podman", userns="keep-id"))
    assert [each.rule for each in found.read().problems] == ["own-user-namespace", "user-of-caller"]
    [found] = nomad.from_job(task("docker", "web"))
    assert [each.rule for each in found.read().problems] == ["named-user"]
    [found] = nomad.from_job(task("docker", userns_mode="host", userns="host"))
    assert found.read().problems == ()
    [found] = nomad.from_job(task("docker", security_opt=["no-new-privileges:false"]))
    assert not found.read().no_new_privs
    [found] = nomad.from_job(
        task("podman", security_opt=["no-new-privileges:false"])
    )  # which its driver takes for true
    assert found.read().no_new_privs


EXPRESSIONS = [
    "cap_add = var.caps",
    "cap_add = [var.cap]",
    'cap_add = concat(local.caps, ["kill"])',
    'cap_add = true ? ["kill"] : []',
    "cap_add = [for c in local.caps : c]",
    'cap_add = ["${var.cap}"]',
    'cap_add = ["%{ if var.x }kill%{ endif }"]',
    "cap_add = [<<E\n${var.x}\nE\n]",
    'cap_drop = (["all"])',
    "privileged = !var.x",
    "privileged = -1",
    "privileged = local.list[0]",
]


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_what_is_to_be_evaluated_is_not_known(line):
    """It is never taken for nothing."""
    [found] = read(hcl(f'task "a" {{\n driver = "docker"\n config {{\n {line}\n }}\n }}'))
    assert found.not_known == "a variable decides"
    assert found.problems[0].line == 6
    assert str(documents.lint(found).outcomes[0]) == "not known: a variable decides"


def test_dynamic_blocks():
    """What they make has no name yet; of the configuration itself it is not known."""
    text = hcl(
        'dynamic "task" {\n for_each = var.all\n labels = [task.value]\n content {\n driver = "docker"\n'
        'config { cap_add = ["KILL"] }\n }\n }\n task "a" {\n driver = "docker"\n dynamic "config" {\n for_each = [1]\n'
        'content { cap_add = ["KILL"] }\n }\n }'
    )
    static, dynamic = read(text)
    assert static.label == "g: a"
    assert static.not_known == "a variable decides"
    assert dynamic.label == "g: dynamic task"
    assert dynamic.request == Request(["KILL"])
    assert dynamic.not_known == ""
    group = 'job "j" {\n dynamic "group" {\n content {\n task "a" { driver = "raw_exec" }\n }\n }\n}'
    assert [each.label for each in read(group)] == ["dynamic group: a"]


@pytest.mark.parametrize(
    ("driver", "told"),
    [
        (
            "raw_exec",
            "the driver raw_exec limits nothing: the task has what the Nomad client has, by default that of root",
        ),
        ("qemu", "the driver qemu runs a machine of its own, and the emulator has what the Nomad client has"),
        ("pledge", "capset does not know what the driver pledge makes of a task"),
        ("", "the task names no driver"),
        ("${var.driver}", "a variable decides"),
    ],
)
def test_other_drivers(driver, told):
    """What they give is not known, and no engine is asked."""
    [found] = read(json.dumps(task(driver)))
    assert found.asks is None
    assert found.not_known.startswith(told)
    assert [each.verdict for each in found.problems] == ["depends"]
    with pytest.raises(FormatError, match="expected a driver that limits tasks: docker, exec, java, podman, got"):
        nomad.from_job(task(driver))[0].read()


CONNECT = [
    ("sidecar_service {}", "connect-proxy-api", "nomad-docker", Request()),
    (
        'sidecar_service {}\n sidecar_task {\n driver = "podman"\n user = 5\n config { cap_drop = ["ALL"] }\n }',
        "connect-proxy-api",
        "podman",
        Request([], ["ALL"], user="5"),
    ),
    ("gateway {\n ingress {}\n }", "connect-ingress-api", "nomad-docker", Request()),
    ("gateway {\n mesh {}\n }", "connect-mesh-api", "nomad-docker", Request()),
]


@pytest.mark.parametrize(("inside", "name", "engine", "request_"), CONNECT)
def test_what_a_service_brings(inside, name, engine, request_):
    """A proxy in a container of its own, which stands in no task."""
    text = hcl(f'service {{\n name = "api"\n connect {{\n {inside}\n }}\n }}')
    [found] = read(text)
    assert (found.name, found._engine, found.request) == (name, engine, request_)


@pytest.mark.parametrize(
    ("right", "wrong", "of_api"),
    [
        ("sidecar_service", "sidecar_servic", "SidecarService"),
        ("sidecar_task", "sidecar_tasks", "SidecarTask"),
        ("gateway", "gatewy", "Gateway"),
    ],
)
def test_what_a_service_brings_under_a_misspelt_key(right, wrong, of_api):
    """Nothing is passed over in silence: neither as HCL has it nor as the API does."""
    [found] = read(hcl(f'service {{\n name = "api"\n connect {{\n {wrong} {{}}\n }}\n }}'))
    assert found.not_known == "it cannot be read"
    assert found.refusal.message == f"expected no such key (did you mean {right}?), got {{}}"
    key = wrong.title().replace("_", "")
    with pytest.raises(FormatError) as caught:
        nomad.from_job({"TaskGroups": [{"Tasks": [], "Services": [{"Name": "api", "Connect": {key: {}}}]}]})
    assert str(caught.value) == (
        f"TaskGroups[0].Services[0].Connect.{key}: expected no such key (did you mean {of_api}?), got {{}}"
    )


def test_what_a_service_does_not_bring():
    """Connect of the task itself; a proxy that the API has listed; and the engine of a proxy among tasks of Podman."""
    [nothing] = read(hcl('service {\n name = "api"\n connect { native = true }\n }\n service { name = "b" }'))
    assert nothing.asks is None
    service = {"Name": "api", "Connect": {"SidecarService": {}, "SidecarTask": None, "Gateway": None}}
    group = {"Tasks": [{"Name": "connect-proxy-api", "Driver": "podman"}], "Services": [service]}
    assert [each.name for each in nomad.from_job({"TaskGroups": [group]})] == ["connect-proxy-api"]
    group["Tasks"][0]["Name"] = "web"
    assert [each.engine for each in nomad.from_job({"TaskGroups": [group]})] == ["podman", "podman"]


def test_names():
    """What there is to complete."""
    assert dir(nomad) == ["Task", "from_job"]


# -- what is no job ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "the document: expected a job, with TaskGroups, or a block job as HCL has it"),
        ({"TaskGroups": 5}, "TaskGroups: expected a list"),
        ({"TaskGroups": [{"Tasks": [{"Name": 5}]}]}, r"TaskGroups\[0\].Tasks\[0\].Name: expected a text"),
        ({"job": {"j": {"task": {"a": {"config": [{}, {}]}}}}}, "job.j.task.a.config: expected one such block"),
        ({"job": {"j": 5}}, "job.j: expected a mapping"),
        ({"TaskGroups": [], "TaskGroup": []}, r"TaskGroup: expected no such key \(did you mean TaskGroups\?\)"),
        ({"TaskGroups": [{"Tasks": [], "Task": []}]}, r"TaskGroups\[0\].Task: expected no such key"),
        ({"TaskGroups": [{"x": {"Tasks": []}}]}, r"TaskGroups\[0\]: expected a group, with Tasks"),
        (
            {"job": {"j": {"task": {"a": {"cap_add": []}}}}},
            "job.j.task.a.cap_add: expected it in config, as it is passed",
        ),
        ({"job": {"j": {"groups": {}}}}, "job.j.groups: expected no such key"),
        ({"job": {"j": {"group": {"g": {"tasks": {}}}}}}, "job.j.group.g.tasks: expected no such key"),
        ({"job": {"j": {"task": {"a": {"conf": {}}}}}}, "job.j.task.a.conf: expected no such key"),
        ({"job": {"j": {"group": {"g": {"service": {"conect": {}}}}}}}, "service.conect: expected no such key"),
    ],
)
def test_what_is_no_job(form, told):
    with pytest.raises(FormatError, match=told):
        nomad.from_job(form)
    [found] = read(json.dumps(form))
    assert found.refusal.rule == "unreadable"


def test_a_broken_task():
    """Is told, and the others are read."""
    form = task(cap_add=5)
    form["Job"]["TaskGroups"][0]["Tasks"].append({"Name": "b", "Driver": "docker"})
    broken, other = read(json.dumps(form, indent=1))
    assert broken.refusal.message == "expected a list, got 5"
    assert broken.line == 11
    assert other.request == Request()


FOREIGN = [
    ('resource "nomad_job" "a" {\n  jobspec = <<EOT\njob "a" {}\nEOT\n}\n', "this is a configuration of Terraform"),
    ('terraform {\n}\nprovider "docker" {}\n', "this is a configuration of Terraform"),
    ('source "docker" "web" {\n  cap_add = ["KILL"]\n}\n', "this is a template of Packer"),
    ('job "[[ .name ]]" {\n  [[ if .x ]]\n}\n', "a.hcl:2: this is a template, as of Levant or Nomad Pack"),
    ('job "a" {\n  {{ if x }}\n}\n', "a.hcl:2: this is a template of a Helm chart"),
    ('[[ template "job" . ]]\n', "this is a template, as of Levant or Nomad Pack"),
]


@pytest.mark.parametrize(("text", "told"), FOREIGN)
def test_what_others_read(text, told):
    """And what is to be rendered first."""
    with pytest.raises(DocumentError, match=told):
        documents.read(text, "a.hcl")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http {\n  server {\n    listen 80;\n  }\n}\n", "it has no block job"),
        ('client {\n  enabled = true\n}\nx = <<E\njob "a" {\n', "its first block is client, and no job"),
        ('{"jobs": {}}', "it has no TaskGroups, and no job"),
        ('{"job": 5}', "it has no TaskGroups, and no job"),
        ('{"job": "TaskGroups"', "line 1: "),
    ],
)
def test_what_only_looks_like_it(text, told):
    with pytest.raises(DialectError) as error:
        documents.dialect_of(text)
    assert dict(error.value.tried)["nomad"].startswith(told)


def test_the_dialect_by_the_content():
    """Whatever stands in front, and however far it is indented."""
    for text in (JOB, "locals {\n a = 1\n}\n  job a {\n}\n", '# job\n\n job "a" {}', json.dumps(task())):
        assert documents.dialect_of(text) == "nomad"


# -- HCL --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = 1", 1),
        ("a = 1.5", 1.5),
        ("a = null", None),
        ("a = true", True),
        (r'a = "q\n\t\"\\A\U00000042$${x}%%{y}\q"', 'q\n\t"\\AB${x}%{y}\\q'),
        (r'a = "\ud800\UFFFFFFFF"', "\ufffd\ufffd"),
        ("a = <<-E\n  x\n  y\n  E  \n", "  x\n  y"),
        ('a = {b = 1, "c" : [2], (d) = 3, true = 4}', {"b": 1, "c": [2], "${(d)}": 3, "True": 4}),
        (f"a = {'9' * 200}", f"${{{'9' * 200}}}"),
        (f"a = {'9' * 200}.5", f"${{{'9' * 200}.5}}"),
        ("a {}\r\n", {}),
        ("a {}\na {}\na {}", [{}, {}, {}]),
        ('a b "c" {}\na b d {}', {"b": {"c": {}, "d": {}}}),
    ],
)
def test_hcl(text, value):
    assert hcltext.parse_hcl(text, "")[0] == {"a": value}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = 1\na = 2", "x:2: a stands here for the second time"),
        ("a = 1\na {}", "x:2: a stands here for the second time"),
        ("a {}\na = 1", "x:2: a stands here for the second time"),
        ('a {}\na {}\na "b" {}', "x:3: a stands here with other labels than before"),
        ("a {", "x:1: no HCL: it ends too early"),
        ("a = <<E\nb\n", "x:1: no HCL: no line has the word of <<E alone, which ends such a text"),
        ('a = "$${', "x:1: no HCL: a character that means nothing here"),
        ("a = 1 }", "x:1: no HCL: unexpected }"),
        ("a = b.\n", "x:1: no HCL: unexpected line break"),
        ("a = " + "[" * 101 + "]" * 101, "x:1: more than 100 lists and mappings stand in each other"),
        ("a {\n" * 101 + "}\n" * 101, "x:101: more than 100 lists and mappings stand in each other"),
        ("a = <<E\n" + "\n" * 1000, "x:1: so much white space, or so many numbers with a sign, in a row are not read"),
        ("a = " + "-1" * 50, "x:1: so much white space, or so many numbers with a sign, in a row are not read in HCL"),
    ],
)
def test_what_is_no_hcl(text, told):
    with pytest.raises(DocumentError) as error:
        hcltext.parse_hcl(text, "x")
    assert str(error.value).startswith(told)


def test_how_much_hcl_is_read(monkeypatch):
    monkeypatch.setattr(hcltext, "LONGEST_HCL", 10)
    assert bounds.LONGEST_HCL == 2**20
    with pytest.raises(TooLargeError, match="x: more than 10 characters of HCL are not read: divide it"):
        hcltext.parse_hcl("a = 1 # and more", "x")


def test_without_what_reads_hcl(monkeypatch):
    """The JSON of a job is read all the same."""
    monkeypatch.delitem(sys.modules, "capset.documents.hcltext")
    monkeypatch.setitem(sys.modules, "hcl2", None)
    assert documents.dialect_of(JOB) == "nomad"
    with pytest.raises(MissingExtraError, match=r"reading HCL needs python-hcl2: pip install 'capset\[hcl\]'"):
        documents.read(JOB)
    [found] = documents.read(json.dumps(task()))
    assert found.request == Request()


def test_what_else_is_missing(monkeypatch):
    """Is none of python-hcl2."""
    monkeypatch.delitem(sys.modules, "capset.documents.hcltext")
    monkeypatch.setitem(sys.modules, "capset.documents.lines", None)
    with pytest.raises(ModuleNotFoundError, match=r"capset\.documents\.lines"):
        documents.read(JOB)


def test_a_job_that_is_no_hcl():
    """Marks for Nomad itself, elsewhere in the text, have nothing to do with it."""
    with pytest.raises(DocumentError, match=r"a\.hcl:3: no HCL: unexpected }"):
        documents.read('job "a" {\n  # {{ env "X" }}\n  x = }\n', "a.hcl")


def test_a_node_of_nothing():
    """A task without a configuration."""
    [found] = nomad.tasks_of(Node({"job": {"j": {"task": {"a": {"driver": "docker"}}}}}))
    assert found.read() == Request()
