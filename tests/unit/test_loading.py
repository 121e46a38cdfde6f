"""What loads when: the modules behind each import and each command, and what is needed for them to be installed."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import capset
from capset import Cap, cli, engines, facts, policy
from capset.cli.group import COMMANDS
from capset.cli.group import capset as command
from capset.formats import docker

ROOT = Path(capset.__file__).parent
STATUSES = Path(__file__).parent.parent / "data" / "status"
MASK = "00000000a80425fb"
POD = {"kind": "Pod", "spec": {"containers": [{"name": "a", "securityContext": {"capabilities": {"add": ["BPF"]}}}]}}


def python(code, *, path=ROOT.parent, **options):
    """Run code in an interpreter of its own, with this capset."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *filter(None, sys.path)])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=env, check=False, **options
    )


def loaded(code):
    """Return the modules that code loads, beyond a bare start."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before, file=sys.stderr)"
    done = python(script)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def call(*args):
    """Write the code that runs a command, as its script does."""
    main = "from capset.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    return f"sys.argv = ['capset', *{args!r}]\n{main}"


def ours(modules):
    """Of modules, those of this package."""
    return {name for name in modules if name.partition(".")[0] == "capset"}


VALUES = {"capset", "capset.capability", "capset.errors", "capset.lazy", "capset.sets", "capset.shown"}
PACKAGES = ("capset", "capset.engines", "capset.formats", "capset.kernel", "capset.live")
RECORDS = {"attr", "attrs"}
OFTEN = {"inspect", "re", "typing"}  # attrs has these loaded too
SELDOM = {"difflib", "importlib.resources", "json", "pathlib", "tempfile", "click", "rich", "ruamel", "numpy", "pandas"}


# By what is run: our modules that are loaded, all of them, and those of others that take time.
IMPORTS = {
    "import capset; capset.CapSet.parse('kill') | {1}; capset.Cap(41)": (VALUES, set()),
    "from capset import engines, formats, kernel, live": (VALUES | set(PACKAGES), set()),
    "import capset; capset.DOCKER_DEFAULT": (VALUES | {"capset.facts"}, {"tomllib", "re", "typing"}),
    "from capset.formats import libcap; libcap.from_text": (
        VALUES | {"capset.bounds", "capset.formats", "capset.formats.libcap", "capset.plain", "capset.state"},
        RECORDS | OFTEN,
    ),
    "from capset import live; live.read": (
        {
            *VALUES,
            *("capset.ids", "capset.live", "capset.live.reading", "capset.live.status", "capset.plain"),
            *("capset.bounds", "capset.state"),
        },
        RECORDS | OFTEN,
    ),
    "from capset import engines; engines.get('docker')": (
        {
            *VALUES,
            *("capset.engines", "capset.facts", "capset.kernel", "capset.listed", "capset.problem"),
            *("capset.plain", "capset.source", "capset.state", "capset.summary"),
            *(
                "capset.engines.behaviour",
                "capset.engines.catalogue",
                "capset.engines.engine",
                "capset.engines.merging",
            ),
            *("capset.engines.process", "capset.engines.releases", "capset.engines.request"),
            *("capset.engines.rules", "capset.engines.setting", "capset.engines.shortest", "capset.engines.spelling"),
        },
        RECORDS | OFTEN | {"tomllib"},
    ),
}


@pytest.mark.parametrize("code", IMPORTS)
def test_imports(code):
    """Just these modules."""
    found = loaded(code)
    modules, foreign = IMPORTS[code]

    assert ours(found) == modules
    assert found & (RECORDS | OFTEN | SELDOM | {"tomllib"}) == foreign


def test_importing_the_values_loads_little():
    """The enum and what it needs."""
    assert len(loaded("import capset; capset.CapSet.parse('kill') | {1}; capset.Cap(41)")) < 25


def rooms(modules):
    """Name the rooms of the house that are in use: the package itself of a lazy one costs nothing."""
    return {name.split(".")[1] for name in ours(modules) - set(PACKAGES) - {"capset.cli"}}


GROUP = {"capability", "cli", "errors", "lazy", "printable", "sets", "shown"}
THREADS = {"bounds", "ids", "live", "plain", "state"}
ENGINES = {"engines", "facts", "listed", "plain", "problem", "source", "state"}


DEEDS = {"named", "operations"}
SHOWN = {"display", "records", "summary"}
MARKED = {"facts", "info", "plain", "source"} | SHOWN
TABLE = {"attrs"}  # in a pipe; Rich folds, on a terminal
COMMAND_LINES = {
    "--help": (GROUP, set()),
    "--version": (GROUP | {"facts"}, {"tomllib"}),
    f"decode --json {MASK}": (GROUP | {"bounds"} | SHOWN, {"json"}),
    f"decode {MASK}": (GROUP | {"bounds"} | MARKED, TABLE | {"tomllib"}),
    "ps": (GROUP | THREADS | MARKED, TABLE | {"tomllib"}),
    "ps --json": (GROUP | THREADS | {"forms"} | SHOWN, {"json", "attrs"}),
    "show": (GROUP | THREADS | ENGINES | {"diff"} | MARKED, TABLE | {"tomllib"}),
    "diff docker pid:self": (GROUP | THREADS | ENGINES | DEEDS | {"diff"} | MARKED, TABLE | {"json", "tomllib"}),
    "can docker mount": (
        GROUP | ENGINES | DEEDS | SHOWN | {"bounds", "diff", "filecaps", "ids", "kernel", "securebits"},
        TABLE | {"json", "tomllib"},
    ),
    "run docker": (
        GROUP | ENGINES | {"bounds", "diff", "filecaps", "ids", "kernel", "securebits"} | MARKED,
        TABLE | {"tomllib"},
    ),
}


OF_PROCESSES = {"ps", "ps --json", "show", "diff docker pid:self"}


@pytest.mark.parametrize(
    "line", [pytest.param(line, marks=[pytest.mark.linux] * (line in OF_PROCESSES)) for line in COMMAND_LINES]
)
def test_commands(line):
    """A command uses just these rooms of the house."""
    found = loaded(call(*line.split()))
    used, foreign = COMMAND_LINES[line]

    assert rooms(found) == used
    slow = {"attrs", "json", "rich", "rich.progress", "ruamel", "tomllib", "importlib.resources", "numpy", "matplotlib"}
    assert found & slow == foreign


def test_a_container_needs_the_rules_of_execve_alone():
    """Nothing about user namespaces, about other system calls, or about how a thread came to its sets."""
    found = {name for name in ours(loaded(call("run", "docker"))) if name.startswith("capset.kernel.")}

    assert "capset.kernel.execution" in found
    assert not found & {f"capset.kernel.{name}" for name in ("adjusting", "answer", "history", "identity", "userns")}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_table_says(name):
    """The summary is said twice, and must be the first sentence of the command's own help."""
    found = command.get_command(click.Context(command), name)

    assert found.name == name
    assert COMMANDS[name][1] == found.get_short_help_str(1000)


def test_the_table_is_the_list_of_commands():
    """In the order of the alphabet; no command is registered anywhere else."""
    assert list(COMMANDS) == sorted(COMMANDS)
    assert command.list_commands(click.Context(command)) == list(COMMANDS)
    assert command.commands == {}


@pytest.mark.parametrize(
    ("word", "hint"),
    [("shwo", "'shwo': did you mean show?"), ("xxxxx", f"'xxxxx': there are {', '.join(COMMANDS)}")],
)
def test_no_such_command(run, word, hint):
    """With the remedy."""
    status, out, err = run(word)

    assert (status, out) == (2, "")
    assert err.endswith(f"Error: there is no command {hint}\n")


def test_an_option_that_there_is_not(run):
    """It is no command that is misspelt."""
    assert run("--shwo") == (2, "", run("--shwo")[2])
    assert "No such option" in run("--shwo")[2]
    if int(version("click").split(".")[1]) > 1:  # Click 8.1 answers this with its help
        assert "shwo" in run("--", "--shwo")[2]


@pytest.mark.parametrize(
    ("line", "offered"),
    [("capset deco", "decode"), ("capset decode --js", "--json"), ("capset xxxxx --js", "")],
)
def test_completion(line, offered):
    """Words are completed by loading the commands; one that there is not is no error."""
    env = {"_CAPSET_COMPLETE": "bash_complete", "COMP_LINE": line}
    done = python(f"import os, sys\nos.environ.update({env!r})\n{call()}")

    assert (done.stdout.strip().removeprefix("plain,"), done.stderr) == (offered, "")


def without(*missing):
    """Write code after which modules are not installed."""
    return "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in missing)


MAIN = "from capset.cli import main\nmain()"


@pytest.mark.parametrize(
    ("missing", "args", "needs"),
    [
        (["click"], ["--help"], "the command line needs click"),
        (["rich", "ruamel"], ["--help"], ""),
        (["rich", "ruamel"], ["convert", "--help"], ""),
        (["rich", "ruamel"], ["lint", "--help"], ""),
        (["rich", "ruamel"], ["decode", "--json", MASK], ""),
        (["rich", "ruamel"], ["ps", "--proc=saved", "--json"], ""),
        (["rich", "ruamel"], ["run", "docker", "--json"], ""),
        pytest.param(["rich", "ruamel"], ["files", "--json", str(ROOT / "data")], "", marks=pytest.mark.linux),
        (["ruamel"], ["decode", MASK], ""),
        (["rich"], ["decode", MASK], ""),
        (["rich"], ["ps", "--proc=saved"], ""),
    ],
    ids=str,
)
def test_what_is_missing_is_said_when_it_is_needed(tmp_path, monkeypatch, missing, args, needs):
    """In a process of its own, as a newcomer meets it."""
    (tmp_path / "saved/1").mkdir(parents=True)  # those of a machine end meanwhile, which is told
    shutil.copy(STATUSES / "5.10.txt", tmp_path / "saved/1/status")
    monkeypatch.chdir(tmp_path)
    done = python(f"{without(*missing)}sys.argv = ['capset', *{args!r}]\n{MAIN}")

    told = f"capset: {needs}: pip install 'capset[cli]', in a clone '.[cli]'\n" if needs else ""
    assert (done.returncode, done.stderr) == (2 if needs else 0, told)
    assert bool(done.stdout) or needs


def test_yaml_alone_needs_its_reader(tmp_path):
    """The other documents are read without it."""
    (tmp_path / "pod.yaml").write_text("kind: Pod\n")
    (tmp_path / "pod.json").write_text(json.dumps({"apiVersion": "v1", "metadata": {"name": "x"}, **POD}))
    yaml, text = (
        python(f"{without('ruamel')}sys.argv = ['capset', 'lint', '--json', {str(tmp_path / name)!r}]\n{MAIN}")
        for name in ("pod.yaml", "pod.json")
    )

    assert (yaml.returncode, yaml.stdout) == (2, "")
    assert "ruamel.yaml: pip install 'capset[documents]'" in yaml.stderr
    assert (text.returncode, text.stderr) == (0, "")


class Failing:
    """A finder that cannot load the commands."""

    def __init__(self, error):
        self.error = error

    def find_spec(self, name, _path=None, _target=None):
        if name == "capset.cli.group":
            raise self.error


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 2, "capset: cannot start: there is not enough memory\n"),
        (ImportError("m.so: failed to map segment"), 2, "capset: cannot start: m.so: failed to map segment\n"),
        (SystemError(), 2, "capset: cannot start: there is not enough memory\n"),
        (OSError(24, "Too many open files", "x"), 2, "capset: cannot start: [Errno 24] Too many open files: 'x'\n"),
    ],
    ids=repr,
)
def test_a_start_that_fails(monkeypatch, capsys, error, status, told):
    """It must not look like a difference, which is 1."""
    monkeypatch.delitem(sys.modules, "capset.cli.group")
    monkeypatch.setattr(sys, "meta_path", [Failing(error), *sys.meta_path])

    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == status
    assert capsys.readouterr() == ("", told)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full (Linux)")
@pytest.mark.parametrize("args", [["diff", "docker", "all"], ["--help"], ["decode", "--json", MASK]], ids=" ".join)
def test_a_full_disk(args):
    """What could not be written is an error, not a difference, also where that cannot be said."""
    code = f"import sys\nsys.argv = ['capset', *{args!r}]\n{MAIN}"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT.parent), *filter(None, sys.path)])}
    with open("/dev/full", "w") as full:
        out = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, env=env, encoding="utf-8", check=False
        )
        both = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=full, env=env, check=False)

    assert (out.returncode, out.stderr) == (2, "capset: No space left on device\n")
    assert both.returncode == 2


def test_output_that_cannot_be_written_is_given_up(monkeypatch):
    """Or it would be tried once more at the exit."""
    from capset.cli.group import _let_go_of_output

    class Broken:
        def write(self, _text):
            raise OSError(28, "No space left on device")

        flush = write

    turned = []
    monkeypatch.setattr(sys, "stdout", Broken())
    monkeypatch.setattr(os, "dup2", lambda _from, to: turned.append(to))
    _let_go_of_output()

    assert turned == [1]


@pytest.mark.parametrize("name", PACKAGES)
def test_names_that_load_when_first_used(name):
    """Type checkers see a block of imports, Python a table: both say the same, and dir() says no more."""
    package = import_module(name)
    tree = ast.parse(Path(package.__file__).read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    [homes] = [ast.literal_eval(node) for node in ast.walk(ast.Module(block.orelse, [])) if isinstance(node, ast.Dict)]

    assert {public: home for home, names in homes.items() for public in names} == seen
    assert set(seen) <= set(package.__all__)
    assert dir(package) == sorted(package.__all__)
    for public in package.__all__:
        assert getattr(package, public) is getattr(package, public)
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nonsense'") as raised:
        _ = package.nonsense
    assert (raised.value.name, raised.value.obj) == ("nonsense", package)


def test_star_imports():
    """What a module says that it has, it has."""
    for name in PACKAGES:
        namespace = {}
        exec(f"from {name} import *", namespace)
        assert set(import_module(name).__all__) <= set(namespace)


def test_the_default_is_that_of_the_engine():
    """DOCKER_DEFAULT is read without the engine, from the same document: the newest default stands last."""
    assert engines.get("docker").default == capset.DOCKER_DEFAULT
    assert capset.__getattr__("DOCKER_DEFAULT") is capset.DOCKER_DEFAULT


def known():
    """Ask for something from every part of the data."""
    return {
        "summary": Cap.MKNOD.info.summary,
        "lists": [risk.risk_list.name for risk in Cap.MKNOD.info.risks],
        "default": capset.DOCKER_DEFAULT.hex(),
        "engines": engines.names(),
        "podman": engines.get("podman", "4.3").container(uid=1000).bounding.hex(),
        "options": docker.from_flags(["--cap-add", "bpf", "-itv", "/a:/b", "alpine"]).add,
        "pod": [finding.message for finding in policy.pod_security(POD)],
    }


def test_data_in_a_zip(tmp_path):
    """Where the package is no folder."""
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in ROOT.rglob("*"):
            if "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(ROOT.parent))
    source = Path(__file__).read_text("utf-8")
    asked = source[source.index("def known") : source.index("def test_data_in_a_zip")]
    code = (
        f"import capset, json\nfrom capset import Cap, engines, policy\nfrom capset.formats import docker\n"
        f"POD = {POD!r}\n{asked}\nprint(capset.__file__)\nprint(json.dumps(known()))"
    )
    done = python(code, path=packed, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    place, answers = done.stdout.splitlines()
    assert place.startswith(str(packed))
    assert json.loads(answers) == json.loads(json.dumps(known()))


def test_data_that_is_no_file(monkeypatch, tmp_path):
    """The same, by the way that a zip needs."""
    documents = {name: facts.load(f"engines/{name}") for name in facts.stems("engines")}
    packed = tmp_path / "packed.zip"
    packed.touch()  # a path that goes on behind a file is none of a folder
    monkeypatch.setattr(facts, "_FOLDER", str(packed / "data"))

    assert {name: facts.load(f"engines/{name}") for name in facts.stems("engines")} == documents
    assert facts.load(f"operations/{facts.stems('operations')[0]}")["operations"]
    with pytest.raises(FileNotFoundError, match="no document engines/nonsense"):
        facts.load("engines/nonsense")
