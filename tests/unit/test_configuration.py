"""Engines as their configuration sets them, and the files that do it."""

from __future__ import annotations

import json
import os
import pickle
import re
import tomllib

import pytest
from attrs import evolve
from click.testing import CliRunner

from capset import Cap, CapSet, engines
from capset.cli.group import capset
from capset.engines import Engine, Setting
from capset.errors import (
    ArgumentError,
    DocumentError,
    FormatError,
    NotAllowedError,
    UnknownCapabilityError,
    UnknownNameError,
    UnreachableError,
)
from capset.formats import configuration

DOCKER, PODMAN, CRIO = (engines.get(name) for name in ("docker", "podman", "cri-o"))


def test_a_default_of_ones_own():
    """What is added and dropped starts from it, and the way back goes to it."""
    ours = DOCKER.with_default(["chown", Cap.KILL, 13])

    assert ours.default == CapSet.parse("chown,kill,net_raw")
    assert ours.resolve(add=["SYS_TIME"], drop=["KILL"]) == CapSet.parse("chown,net_raw,sys_time")
    assert ours.resolve(drop=["ALL"]) == CapSet()
    assert ours.request(ours.default - {"kill"}).drop == ("KILL",)
    assert ours.container().effective == ours.default
    assert DOCKER.default == engines.get("docker").default  # the engine itself is as it was
    assert str(ours) == str(DOCKER)


def test_a_default_that_was_a_list_of_what_is_withheld():
    """LXC's says what a container does not get; one's own says what it gets."""
    assert engines.get("lxc").with_default(["chown"]).default == CapSet(["chown"])
    assert engines.get("lxc").with_default([]).container().bounding == CapSet()


def test_what_may_be_added():
    """An allow list restricts what is added, and nothing else; all lifts that of the engine."""
    ours = DOCKER.with_default(["chown"], allowed=["kill"])

    assert ours.resolve(add=["kill"]) == CapSet.parse("chown,kill")
    for name in ("SYS_TIME", "CHOWN", "ALL"):
        with pytest.raises(NotAllowedError, match="only these may be added: CAP_KILL"):
            ours.resolve(add=[name])
    with pytest.raises(UnreachableError, match="only these may be added"):
        ours.request(["sys_time"])
    nomad = engines.get("nomad-docker")
    with pytest.raises(NotAllowedError):
        nomad.with_default([]).resolve(add=["net_raw"])
    assert nomad.with_default([], allowed=CapSet.all()).resolve(add=["net_raw"]) == CapSet(["net_raw"])


def test_what_is_inheritable():
    """As CRI-O can be told; a privileged container stays as it is."""
    filled, emptied = (CRIO.with_default(["kill"], inheritable=value) for value in (True, False))

    assert filled.container(uid=5).inheritable == filled.container().inheritable == CapSet(["kill"])
    assert emptied.container(uid=5).inheritable == CapSet()
    assert filled.container(privileged=True) == CRIO.container(privileged=True)


def test_a_second_time():
    """What is not said again stays."""
    once = CRIO.with_default(["kill"], allowed=["chown"], inheritable=True)

    assert once.with_default([]).setting == Setting(default=CapSet(), allowed=CapSet(["chown"]), inheritable=True)
    assert once.with_default([], allowed=[], inheritable=False).setting == Setting(
        default=CapSet(), allowed=CapSet(), inheritable=False
    )


def test_where_it_is_from():
    """The default is the caller's, which its facts say; the rest is the engine's."""
    ours = DOCKER.with_default([])

    assert [fact.confidence for fact in ours.facts] == ["given", *(fact.confidence for fact in DOCKER.facts[1:])]
    assert str(ours.source) == "the caller Engine.with_default() (as given)"
    assert ours.facts[1:] == DOCKER.facts[1:]


@pytest.mark.parametrize(
    "engine",
    [
        DOCKER.with_default([]),
        engines.get("docker", "20.10.24").with_default(["chown", 41]),
        engines.versions("nomad-docker")[0].with_default([], allowed=["kill"]),
        CRIO.with_default(["kill"], inheritable=True),
        PODMAN.with_default([], allowed=[], inheritable=False),
    ],
)
def test_forth_and_back(engine):
    """As text to type, as plain types and as a pickle."""
    assert eval(repr(engine), {"engines": engines, "CapSet": CapSet}) == engine
    assert Engine.from_dict(engine.as_dict()) == engine
    assert pickle.loads(pickle.dumps(engine)) == engine


def test_the_file_in_the_name():
    """So that nobody takes what a file sets for the engine's own; it is a name, and no part of what is set."""
    named = configuration.read('[containers]\ndefault_capabilities = ["KILL"]', PODMAN, source="a\n.conf")
    newer = configuration.read('[containers]\ndefault_capabilities = ["KILL"]', engines.get("podman", "99"), source="a")

    assert (str(named), named.setting.source) == ("Podman (a\\n.conf)", "a\n.conf")
    assert named == PODMAN.with_default(["kill"])
    assert Engine.from_dict(named.as_dict()).setting.source == "a\n.conf"
    assert (str(newer), newer.assumed[0].partition(" is ")[0]) == ("Podman 99 (a)", "Podman 99")
    assert configuration.read("", PODMAN, source="a") is PODMAN
    again = configuration.read("[containers]\n", named, source="b")
    assert again is named


def test_what_cannot_be_typed():
    """An engine that capset has no facts about, or that was made otherwise."""
    ours = DOCKER.with_default([])

    assert "no facts about" in repr(evolve(ours, name="other"))
    assert "no facts about" in repr(evolve(ours, setting=Setting(default=CapSet([1]))))


def test_what_is_no_default():
    with pytest.raises(TypeError, match="parse"):
        DOCKER.with_default("chown")
    with pytest.raises(UnknownCapabilityError, match="did you mean CAP_CHOWN"):
        DOCKER.with_default(["chwon"])
    with pytest.raises(TypeError, match="inheritable is True or False, got 1"):
        DOCKER.with_default([], inheritable=1)


def containers(text, engine=None):
    return configuration.from_containers_conf(tomllib.loads(f"[containers]\n{text}"), engine=engine)


def crio(text, engine=None):
    return configuration.from_crio_conf(tomllib.loads(f"[crio.runtime]\n{text}"), engine=engine)


def test_containers_conf():
    """The list takes the place of the default, or comes to it; an empty one is one."""
    assert containers('default_capabilities = ["NET_RAW", "cap_kill", "CAP_CHOWN"]').default == CapSet.parse(
        "net_raw,kill,chown"
    )
    assert containers("default_capabilities = []").default == CapSet()
    assert containers('default_capabilities = [{append = true}, "NET_RAW"]').default == PODMAN.default | {"net_raw"}
    assert containers('default_capabilities = ["NET_RAW", {append = true}, {append = false}]').default == {13}
    first = containers('default_capabilities = ["KILL"]')
    assert containers('default_capabilities = ["CHOWN", {append=true}]', first).default == CapSet.parse("chown,kill")


def test_what_containers_conf_does_not_set():
    """The engine is as it was."""
    old = engines.get("podman", "3.4.2")

    assert configuration.from_containers_conf({}) == containers("") == containers("privileged = false") == PODMAN
    assert containers('userns = "auto:size=1000"\ndefault_sysctls = ["net.ipv4.ping_group_range=0 0"]', old) == old
    assert containers('default_capabilities = ["CHOWN"]', engines.get("buildah")).default == CapSet(["chown"])


@pytest.mark.parametrize(
    ("engine", "text", "place", "expected"),
    [
        (
            PODMAN,
            "[crio.runtime]\n",
            "the document",
            "the configuration of Podman, which has containers, engine, machine and more",
        ),
        (CRIO, "[containers]\n", "the document", "the configuration of CRI-O, which has crio"),
        (CRIO, "[runtime]\n", "the document", "the configuration of CRI-O, which has crio"),
        (PODMAN, "[container]\n[engine]\n", "container", "no such table (did you mean containers?)"),
        (PODMAN, "[Containers]\n", "Containers", "no such table (did you mean containers?)"),
        (CRIO, "[crio.runtim]\n", "crio.runtim", "no such table (did you mean runtime?)"),
        (CRIO, "[cri-o.runtime]\n", "cri-o", "no such table (did you mean crio?)"),
        (engines.get("nomad"), '{"plugins": {}}', "plugins", "no such table (did you mean plugin?)"),
        (engines.get("nomad-docker"), '{"containers": {}}', "the document", "the configuration of Nomad"),
    ],
)
def test_the_file_of_another_engine(engine, text, place, expected):
    """It sets nothing, and so would look like a file that leaves the engine as it is; and so would a misspelt table."""
    with pytest.raises(FormatError, match=re.escape(expected)) as raised:
        configuration.read(text, engine, source="x.conf")
    assert (raised.value.place, raised.value.source) == (place, "x.conf")


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (PODMAN, "# nothing\n"),
        (PODMAN, "[engine]\nnetwork_cmd_path = ''\n[later]\n"),
        *((PODMAN, f"[{name}]\n") for name in ("machine", "network", "secrets", "configmaps", "farms", "podmansh")),
        *((CRIO, f"[crio.{name}]\n") for name in ("api", "image", "network", "metrics", "tracing", "stats", "nri")),
        (CRIO, "[crio]\nrunroot = ''\nimagestore = ''\n"),
        (engines.get("nomad"), '{"server": {"enabled": true}, "users": {}}'),
    ],
)
def test_a_file_that_sets_other_things(engine, text):
    """The engine is as it was."""
    with pytest.raises(DocumentError, match=r"^the configuration of"):
        configuration.read("[", engine)
    assert configuration.read(text, engine) == engine


def test_crio_conf():
    """Each key by itself, and both."""
    assert crio('default_capabilities = ["CHOWN", "kill"]').default == CapSet.parse("chown,kill")
    assert crio("default_capabilities = []").default == CapSet()
    assert crio("add_inheritable_capabilities = true").container(uid=5).inheritable == CRIO.default
    assert crio("add_inheritable_capabilities = false").container() == CRIO.container()
    both = crio('default_capabilities = ["CHOWN"]\nadd_inheritable_capabilities = true')
    assert both.container().inheritable == CapSet(["chown"])
    assert crio('log_level = "info"') == configuration.from_crio_conf({}) == CRIO
    later = crio('default_capabilities = ["KILL"]', both)
    assert later.setting == Setting(default=CapSet(["kill"]), inheritable=True)


NOMAD_JSON = {"plugin": {"docker": {"config": {"allow_caps": ["CHOWN", "net_raw", "sys_time"]}}}}
# As python-hcl2 gives the same, of several releases: blocks in lists, and since 8 quotes around what has some.
NOMAD_HCL = {"plugin": [{"docker": {"config": [{"allow_caps": ["CHOWN", "net_raw", "sys_time"]}]}}]}
NOMAD_HCL_8 = {
    "plugin": [
        {'"docker"': {"config": [{"allow_caps": ['"CHOWN"', '"net_raw"', '"sys_time"'], "__is_block__": True}]}},
        {'"exec"': {"config": [{"allow_caps": ['"all"']}]}},
    ]
}


@pytest.mark.parametrize("document", [NOMAD_JSON, [NOMAD_JSON], NOMAD_HCL, NOMAD_HCL_8])
def test_nomad(document):
    """What is allowed may be added, and what of it is in Docker's default is there from the start."""
    nomad = configuration.from_nomad(document)

    assert nomad.default == CapSet.parse("chown,net_raw")
    assert nomad.resolve(add=["sys_time"]) == CapSet.parse("chown,net_raw,sys_time")
    with pytest.raises(NotAllowedError):
        nomad.resolve(add=["kill"])


def test_the_drivers_of_nomad():
    """Each has its own plugin and its own default."""
    run = configuration.from_nomad(NOMAD_HCL_8, driver="exec")

    assert run.default == engines.get("nomad").default
    assert run.resolve(add=["sys_admin"]) == run.default | {"sys_admin"}
    assert configuration.from_nomad(NOMAD_HCL_8, driver="java") == engines.get("nomad")
    assert configuration.from_nomad({"plugin": {"docker": {}}}) == engines.get("nomad-docker")
    every = configuration.from_nomad({"plugin": {"docker": {"config": {"allow_caps": [" all "]}}}})
    assert every.default == DOCKER.default
    assert len(every.resolve(add=["all"])) == 41


def test_the_driver_by_which_an_engine_is_called(tmp_path):
    """Two drivers of Nomad are one engine, and each reads its own part of the file."""
    agent = {"exec": {"config": {"allow_caps": ["chown"]}}, "java": {"config": {"allow_caps": ["all"]}}}
    text, nomad = json.dumps({"plugin": agent}), engines.get("nomad-java")
    java = configuration.read(text, nomad, called="Nomad java")

    assert java == configuration.from_nomad({"plugin": agent}, driver="java")
    assert java.resolve(add=["sys_admin"]) == nomad.default | {"sys_admin"}
    (tmp_path / "agent.json").write_text(text)
    run = ["run", "--cap-add", "sys_admin", f"nomad-java:{tmp_path / 'agent.json'}"]
    assert CliRunner().invoke(capset, run).exit_code == 0
    of_exec = CliRunner().invoke(capset, [*run[:3], run[3].replace("nomad-java:", "nomad:")])
    assert "only these may be added: CAP_CHOWN" in of_exec.output
    for called in ("", "nomad", "nomad-exec"):
        assert configuration.read(text, nomad, called=called).default == CapSet(["chown"])


@pytest.mark.parametrize(
    ("plugin", "place", "meant"),
    [
        ({"docker": {"config": {"allow_cap": ["all"]}}}, "plugin.docker.config.allow_cap", "allow_caps"),
        (
            {"docker": {"config": {"allow_priviledged": True}}},
            "plugin.docker.config.allow_priviledged",
            "allow_privile",
        ),
        ({"docker": {"configs": {"allow_caps": ["all"]}}}, "plugin.docker.configs", "config"),
        ({"dokcer": {"config": {"allow_caps": ["all"]}}}, "plugin.dokcer", "docker"),
        ([{'"docker"': {"config": [{'"allow_cap"': ["all"]}]}}], "plugin[0].docker.config[0].allow_cap", "allow_caps"),
    ],
)
def test_misspelt_names_of_nomad(plugin, place, meant):
    """They would read as a file that allows what is the default."""
    with pytest.raises(FormatError, match=f"no such name .did you mean {meant}") as caught:
        configuration.from_nomad({"plugin": plugin})
    assert caught.value.place == place


def test_keys_that_are_no_texts():
    """JSON has none, a mapping may: they are other people's."""
    config = {5: 1, "plugin": [{5: {}, "docker": {"config": {"allow_caps": ["chown"], None: 1}}}]}
    assert configuration.from_nomad(config).default == CapSet(["chown"])


def test_privileged_tasks_of_nomad():
    """The driver docker has them; an agent allows them, which changes no other task."""
    others = {"allow_privileged": True, "allow_runtimes": ["runc"], "image_pull_timeout": "5m"}
    nomad = configuration.from_nomad({"plugin": {"docker": {"config": others}}})

    assert nomad == engines.get("nomad-docker")
    for version in ("0.9.0", "1.0.4", None):
        nomad = engines.get("nomad-docker", version)
        assert nomad.resolve(["chown"], ["all"], privileged=True) == CapSet.all()
        assert nomad.container(privileged=True, uid=1000).effective == CapSet()
        with pytest.raises(NotAllowedError):
            nomad.resolve(["sys_admin"], privileged=True)
        with pytest.raises(UnknownNameError):
            nomad.resolve(["chwon"], privileged=True)


def test_the_old_options_of_a_nomad_client():
    """They are for docker alone, and a plugin has the last word."""
    client = {"client": [{"options": {'"docker.caps.whitelist"': '"CHOWN,KILL"'}}]}

    assert configuration.from_nomad(client).default == CapSet.parse("chown,kill")
    assert configuration.from_nomad(client, driver="exec") == engines.get("nomad")
    assert configuration.from_nomad({**client, **NOMAD_JSON}) == configuration.from_nomad(NOMAD_JSON)


def test_an_old_nomad():
    """It refused tasks where later releases drop."""
    old = engines.get("nomad-docker", "1.0.4")

    assert configuration.from_nomad(
        {"plugin": {"docker": {"config": {"allow_caps": ["ALL"]}}}}, engine=old
    ).default == (old.default)
    with pytest.raises(
        ArgumentError, match=r"1\.0\.4 before 1\.0\.5 refuses every task .* not allowed: CAP_DAC_OVERRIDE"
    ):
        configuration.from_nomad(NOMAD_JSON, engine=old)


PRIVILEGED = "expected false, as with true every container is a privileged one: leave it out, and ask the engine for"


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (containers, 'default_capabilities = ["ALL"]', "default_capabilities[0]: expected a capability"),
        (containers, 'default_capabilities = ["NET_RAWW"]', "a capability (did you mean NET_RAW?), got 'NET_RAWW'"),
        (containers, "default_capabilities = [12]", "default_capabilities[0]: expected a text, got 12"),
        (containers, 'default_capabilities = "CHOWN"', "containers.default_capabilities: expected a list, got 'CHOWN'"),
        (containers, 'default_capabilities = ["KILL", {apend = true}]', "[1].apend: expected append alone, got True"),
        (containers, 'default_capabilities = [{append = "yes"}]', "append: expected true or false, got 'yes'"),
        (containers, 'default_capability = ["KILL"]', "expected no such key (did you mean default_capabilities?)"),
        (containers, "privileged = true", PRIVILEGED),
        (containers, 'userns = "keep-id:uid=5"', "one that leaves the user to the image"),
        (crio, 'default_capabilities = ["CAP_CHOWN"]', "expected a capability (write CHOWN), got 'CAP_CHOWN'"),
        (crio, 'default_capabilities = ["all"]', "expected a capability"),
        (crio, "add_inheritable_capabilities = 1", "expected true or false, got 1"),
        (crio, "add_inheritable_capability = true", "did you mean add_inheritable_capabilities?"),
    ],
)
def test_what_a_file_cannot_say(read, text, message):
    """With its place and with what to write instead."""
    with pytest.raises(FormatError, match=re.escape(message)):
        read(text)


@pytest.mark.parametrize(
    ("read", "document", "table"),
    [
        (configuration.from_containers_conf, {"default_capabilities": ["KILL"]}, "[containers]"),
        (configuration.from_crio_conf, {"default_capabilities": ["KILL"]}, "[crio.runtime]"),
        (configuration.from_crio_conf, {"crio": {"add_inheritable_capabilities": True}}, "[crio.runtime]"),
    ],
)
def test_a_key_outside_its_table(read, document, table):
    """Its engine passes it over without a word."""
    with pytest.raises(FormatError, match=re.escape(f"expected it under {table}, as it is passed over here")):
        read(document)


def test_what_is_no_configuration():
    with pytest.raises(TypeError, match=r"a parsed file, such as tomllib\.loads\(\) returns, got 'a\.conf'"):
        configuration.from_containers_conf("a.conf")
    with pytest.raises(ArgumentError, match=r"an engine that reads this file, cri-o, got engines\.get"):
        configuration.from_crio_conf({}, engine=DOCKER)
    with pytest.raises(TypeError, match="an Engine, such as"):
        configuration.from_crio_conf({}, engine="cri-o")
    with pytest.raises(ArgumentError, match="expected a driver, 'docker', 'exec', 'java', got 'podman'"):
        configuration.from_nomad({}, driver="podman")
    with pytest.raises(FormatError, match=r"allow_caps\[0\]: expected a capability"):
        configuration.from_nomad({"plugin": {"docker": {"config": {"allow_caps": ["CHWON"]}}}})


def test_a_file_of_an_engine():
    """As text or bytes, and where it is for which engine."""
    text = '[containers]\ndefault_capabilities = ["KILL"]'
    old = engines.get("podman", "3.4.2")

    assert configuration.read(text, old) == containers('default_capabilities = ["KILL"]', old)
    assert configuration.read(text.encode(), old) == configuration.read(text, old)
    assert configuration.read("[crio.runtime]\ndefault_capabilities = []", CRIO).default == CapSet()
    nomad = json.dumps(NOMAD_JSON)
    assert configuration.read(nomad, engines.get("nomad-docker")) == configuration.from_nomad(NOMAD_JSON)
    every = nomad.replace("docker", "exec")
    assert configuration.read(every, engines.get("nomad")).default == CapSet(["chown"])


@pytest.mark.parametrize(
    ("text", "engine", "error", "message"),
    [
        ("", DOCKER, ArgumentError, "podman, podman-packaged, buildah, cri-o, nomad, nomad-docker, got engines.get"),
        ("[", PODMAN, DocumentError, "a.conf: the configuration of Podman cannot be parsed: "),
        (b"\xff", PODMAN, DocumentError, "a.conf: the configuration of Podman cannot be parsed: 'utf-8' codec"),
        ('plugin "docker" {}', engines.get("nomad"), DocumentError, "a.conf: the configuration of Nomad (exec) cannot"),
        ("[" * 100_000, engines.get("nomad"), DocumentError, "a.conf: the configuration of Nomad (exec) cannot"),
        ("[containers]\nprivileged = 1", PODMAN, FormatError, "a.conf: containers.privileged: expected true or false"),
        (5, PODMAN, TypeError, "expected the text of a configuration file as str or bytes, got 5"),
        ("", "podman", TypeError, "expected an Engine, such as engines.get() returns, got 'podman'"),
    ],
)
def test_what_is_no_file_of_an_engine(text, engine, error, message):
    """What is wrong, and in which file."""
    with pytest.raises(error, match=re.escape(message)):
        configuration.read(text, engine, source="a.conf")


def test_on_the_command_line(tmp_path):
    """Wherever an engine is named, the file that configures it may stand behind a colon."""
    conf = tmp_path / "containers.conf"
    conf.write_text('[containers]\ndefault_capabilities = ["KILL"]\n')

    def said(*args):
        result = CliRunner().invoke(capset, args)
        return result.exit_code, result.output

    assert said("diff", "--json", f"podman@5.0:{conf}", "kill")[0] == 0
    code, text = said("run", f"podman:{conf}", "--cap-add=CHOWN")
    assert (code, f"\nThe bounding set against the default of Podman ({conf}): +CAP_CHOWN\n" in text) == (0, True)
    assert text.startswith(f"Podman ({conf}), --cap-add=CHOWN, user 0\n")
    for words in (("run", f"podman:{conf}"), ("flags", f"podman:{conf}", "kill")):
        assert json.loads(said(*words, "--json")[1])["configuration"] == str(conf)
    assert json.loads(said("run", "podman", "--json")[1])["configuration"] is None
    code, text = said("run", f"podman:{os.devnull}")
    told = f"capset: {os.devnull}: it says nothing of capabilities, and leaves Podman as it is\n"
    assert (code, told in text, "against the default: the same" in text) == (0, True, True)
    code, text = said("engines", f"podman:{conf}")
    assert (code, "its default: given\n" in text, "CAP_KILL" in text) == (0, True, True)
    conf.write_text("[")
    code, text = said("run", f"podman:{conf}")
    assert (code, text.startswith(f"capset: {conf}: the configuration of Podman cannot be parsed")) == (2, True)
    assert said("run", f"podman:{tmp_path}/no")[0] == 2
    assert said("run", "docker:")[0] == 2
