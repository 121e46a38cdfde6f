"""tests.facts: that it finds wrong eras, wrong citations and changed pages, on repositories made here."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from attrs import evolve

from capset import facts
from tests.facts import __main__ as tool
from tests.facts import manual
from tests.facts.citations import Citation, check, citations, every_document
from tests.facts.clones import Clone, find
from tests.facts.reading import EVERY_RELEASE, check_read_at, unread_starts
from tests.facts.walking import fact_at, walk
from tests.facts.watching import KINDS, Place, Watch, digest, names_in, read_watches, without_comments

DAY = "2020-02-29"


def make(folder: Path, releases: dict[str, dict[str, str]]) -> dict[str, str]:
    """Make a repository with a commit and a tag for each release, and return the commits."""

    def git(*words: str) -> str:
        when = {"GIT_AUTHOR_DATE": f"{DAY}T23:30:00-0500", "GIT_COMMITTER_DATE": f"{DAY}T23:30:00-0500"}
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
        command = ["git", *who, "-C", str(folder), *words]
        return subprocess.run(command, env=tool_environment() | when, check=True, capture_output=True, text=True).stdout

    folder.mkdir(parents=True)
    git("init", "-q")
    commits = {}
    for tag, files in releases.items():
        git("rm", "-rfq", "--ignore-unmatch", ".")
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        git("add", "-A")
        git("commit", "-qm", tag, "--allow-empty")
        git("tag", tag)
        commits[tag] = git("rev-parse", "HEAD").strip()
    return commits


def tool_environment() -> dict[str, str]:
    """Return an environment in which nobody's configuration of git counts."""
    import os

    return os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def go(*names: str, fills: str = "all = caps") -> str:
    """Write a file as an engine in Go has it; the comments name what does not count."""
    listed = "".join(f'\t"{name}", // not "CAP_SYS_BOOT"\n' for name in names)
    return f"package caps\n\nvar Default = []string{{\n{listed}}}\n\n/* CAP_BPF */\nfunc set() {{\n\t{fills}\n}}\n"


FEW, MANY = ("CAP_CHOWN",), ("CAP_CHOWN", "KILL")
ONLY = "bounding = caps"
RELEASES = {
    "v1.0.0": {"caps.go": go(*FEW)},
    "v1.1.0": {"caps.go": go(*FEW)},
    "v1.2.0-rc1": {"caps.go": go()},
    "v1.2.0": {"caps.go": go(*MANY)},
    "v1.10.0": {"caps.go": go(*MANY, fills=ONLY)},
    "v2.0.0": {"pkg/caps.go": go(*MANY, fills=f"{ONLY} // as before")},
}
DEFAULT = Place(find="allowed", files=("pkg/caps.go", "caps.go"), start=r"Default = \[\]string\{", to=r"^\}")
SETS = Place(find="text", files=("pkg/caps.go", "caps.go"), start=r"^func set\(", to=r"^\}")
LAST = Place(find="last", files=("pkg/caps.go", "caps.go"), start=r"Default = \[\]string\{", to=r"^\}")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The repository of an engine, and its commits."""
    folder = tmp_path_factory.mktemp("clones") / "some+engine"
    commits = make(folder, RELEASES)
    with Clone(folder / ".git") as clone:
        yield clone, commits


def watch(**places: list[Place]) -> Watch:
    """Watch some places of that engine."""
    return Watch(engine="engine", project="some/engine", tags=r"v(\d+\.\d+\.\d+)", places=places)


def document(second: str = "1.2.0", third: str = "1.10.0", **changes: object) -> dict[str, object]:
    """Write the data about that engine: where its second default begins, and its second way of filling the sets."""
    known = {"confidence": "read", "sources": ["caps"]}
    sets = [{"releases": [{"since": since}], **known} for since in ("1.0.0", third)]
    return {
        "default": [
            {"releases": [{"since": "1.0.0"}], "names": ["CAP_CHOWN"], **known},
            {"releases": [{"since": second}], "names": ["CAP_CHOWN", "CAP_KILL"], **known},
        ],
        "sets": sets,
        "rules": [{"last_name": "CAP_KILL", **known}],
    } | changes


def told(clone: Clone, data: dict[str, object], *, looked_at: bool = True, **places: list[Place]) -> list[str]:
    """Walk the releases, and return what is to be looked at."""
    first = walk(watch(**places), clone, data, {})
    codes = first.codes if looked_at else {}
    return [str(finding) for finding in walk(watch(**places), clone, data, codes).findings]


def test_releases_of_a_clone(made):
    """By their numbers, and no candidates."""
    clone, _ = made

    assert clone.releases(r"v(\d+\.\d+\.\d+)") == {
        "1.0.0": "v1.0.0",
        "1.1.0": "v1.1.0",
        "1.2.0": "v1.2.0",
        "1.10.0": "v1.10.0",
        "2.0.0": "v2.0.0",
    }


def test_files_of_a_clone(made):
    """As they were at a tag or commit; a folder is a path and no text."""
    clone, commits = made

    assert clone.text("v1.1.0", "caps.go") == go(*FEW)
    assert clone.text(commits["v2.0.0"], "pkg/caps.go") == go(*MANY, fills=f"{ONLY} // as before")
    assert clone.text("v2.0.0", "caps.go") is None
    assert clone.text("v9", "caps.go") is None
    assert clone.text("v2.0.0", "pkg") is None
    assert clone.has_path("v2.0.0", "pkg")
    assert not clone.has_path("v1.0.0", "pkg")
    assert clone.day(commits["v1.0.0"]) == DAY
    assert clone.day("v1.0.0") == DAY
    assert clone.day("0" * 40) is None


@pytest.mark.parametrize("place", ["owner/name", "owner+name", "owner-name", "name", "name.git"])
@pytest.mark.parametrize("inside", ["", ".git", "repo", "repo/.git"])
def test_where_clones_lie(tmp_path, place, inside):
    """Bare or not, with the owner's name or without."""
    git_dir = tmp_path / place / inside
    assert find(tmp_path, "owner/name") is None
    (git_dir / "objects").mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")

    assert find(tmp_path, "owner/name") == git_dir
    assert find(tmp_path, "owner/other") is None


def test_right_eras(made):
    """Nothing is told, also of a file that was renamed."""
    clone, _ = made

    assert told(clone, document(), default=[DEFAULT], sets=[SETS]) == []


@pytest.mark.parametrize(
    ("second", "releases", "diff"),
    [("1.1.0", "1.1.0", "-CAP_KILL"), ("1.10.0", "1.2.0", "+CAP_KILL"), ("2.0.0", "1.2.0 to 1.10.0", "+CAP_KILL")],
)
def test_a_default_that_begins_elsewhere(made, second, releases, diff):
    """The releases between, and what is another."""
    clone, _ = made

    assert told(clone, document(second), default=[DEFAULT]) == [
        f"engine default {releases}: what is allowed in the code is what is in the data {diff}"
    ]


@pytest.mark.parametrize(
    ("third", "releases", "like"),
    [("1.2.0", "1.2.0", "1.0.0"), ("2.0.0", "2.0.0", "1.10.0"), ("1.1.0", "1.1.0 to 1.2.0", "1.0.0")],
)
def test_code_that_two_facts_share(made, third, releases, like):
    """An era that begins too early or too late is told by the code, which did not change there."""
    clone, _ = made

    assert told(clone, document(third=third), sets=[SETS]) == [
        f"engine sets {releases}: the code is that of {like}, and the data has another fact for it"
    ]


def test_what_makers_say_needs_no_code(made):
    """A fact that is documented alone may differ where the code does not."""
    clone, _ = made
    data = document(third="2.0.0")
    data["sets"][1]["confidence"] = "documented"

    assert told(clone, data, sets=[SETS]) == []
    assert told(clone, document(third="2.0.0"), sets=[Place(find="text", files=SETS.files, boundaries=False)]) == []


def test_code_that_nobody_looked_at(made):
    """A new code, and not a comment."""
    clone, _ = made

    before, after = (digest([f"func set() {{ {fills} }}"]) for fills in ("all = caps", ONLY))
    assert told(clone, document(), looked_at=False, sets=[SETS]) == [
        f"engine sets 1.0.0 to 1.2.0: code that nobody looked at ({before})",
        f"engine sets 1.10.0 to 2.0.0: code that nobody looked at ({after})",
    ]


def test_a_file_that_was_renamed(made):
    """It is not passed over; a place that ends before it is not looked for."""
    clone, _ = made
    place = Place(find="allowed", files=("caps.go",), start="Default", to=r"^\}")

    assert told(clone, document(), default=[place]) == [
        "engine default 2.0.0: nothing is found of 'Default' in caps.go"
    ]
    ended = Place(find="allowed", files=("caps.go",), start="Default", to=r"^\}", begins="1.1.0", ends="1.10.0")
    result = walk(watch(default=[ended]), clone, document(), {})
    assert result.findings == []
    assert result.watched == {"default": ["1.1.0", "1.2.0", "1.10.0"]}
    unended = Place(find="allowed", files=("caps.go",), start="Default", to="never")
    assert "nothing is found" in told(clone, document(), default=[unended])[0]


def test_privileged_containers_are_watched(tmp_path):
    """Where the data knows an option for them, the code of the sets that is watched must tell of them."""
    text = "func set() {\n\tlist()\n}\nfunc run() {\n\tif Privileged {\n\t\tall()\n\t}\n}\n"
    make(tmp_path / "engine", {tag: {"caps.go": text} for tag in ("v1.0.0", "v1.1.0", "v2.0.0")})
    run = Place(find="text", files=("caps.go",), start=r"^func run\(", to=r"^\}", ends="1.0.0")
    known = {"confidence": "read", "sources": []}
    option = known | {"options": {"privileged": "--privileged"}}
    data = document(sets=[known], rules=[option])
    by_release = data | {"rules": [option | {"releases": [{"since": "1.0.0"}]}]}
    unwatched = "nothing that is watched says what a privileged container gets"
    with Clone(tmp_path / "engine/.git") as clone:
        assert told(clone, by_release, sets=[SETS, run]) == [f"engine sets 1.1.0 to 2.0.0: {unwatched}"]
        assert told(clone, by_release, sets=[SETS, evolve(run, ends="")]) == []
        assert told(clone, data, sets=[SETS]) == [f"engine sets 2.0.0: {unwatched}"]  # it names no release
        assert told(clone, data | {"rules": [known]}, sets=[SETS]) == []
        assert told(clone, data, rules=[SETS]) == []  # what is watched of the sets stands elsewhere


def test_the_last_name(made):
    """The newest capability that is named; the data's, where it names none, is the newest that there is."""
    clone, _ = made

    assert told(clone, document(), rules=[LAST]) == [
        "engine rules 1.0.0 to 1.1.0: the last name in the code is CAP_CHOWN, in the data CAP_KILL"
    ]
    data = document(rules=[{"confidence": "read", "sources": []}])
    assert "in the data CAP_CHECKPOINT_RESTORE" in told(clone, data, rules=[LAST])[0]
    none = Place(find="last", files=SETS.files, start=SETS.start, to=SETS.to)
    assert "the last name in the code is None" in told(clone, document(), rules=[none])[0]


def test_what_is_denied(made):
    """A list of what is denied is none of what is allowed."""
    clone, _ = made
    denied = Place(find="denied", files=DEFAULT.files, start=DEFAULT.start, to=DEFAULT.to, skip='"KILL",')
    data = document(default=[{"denied": ["CAP_CHOWN"], "confidence": "read", "sources": []}])

    assert told(clone, data, default=[denied]) == []
    assert told(clone, data, default=[DEFAULT]) == [
        "engine default 1.0.0 to 2.0.0: the code lists what is allowed, and the data does not"
    ]


def test_the_fact_of_a_release():
    """The newest that begins before it, unless it has ended."""
    data = {"default": [{"at": 1, "releases": [{"since": "1.0"}, {"since": "3.0", "until": "3.x"}]}]}
    data["default"].append({"at": 2, "releases": [{"since": "2.0", "until": "2.4"}]})

    assert fact_at(data, "default", "0.9") is None
    assert fact_at(data, "default", "1.9")["at"] == 1
    assert fact_at(data, "default", "2.4")["at"] == 2
    assert fact_at(data, "default", "2.5") is None
    assert fact_at(data, "default", "3.9")["at"] == 1
    assert fact_at(data, "default", "4.0") is None


def test_comments_and_names():
    """What a machine reads counts, a text in quotes too."""
    assert without_comments('a("//") // b\n/* c\nd */ e', "x.go").split() == ['a("//")', "e"]
    assert without_comments("# a\nb # c", "x.conf") == "\nb # c"
    assert str(names_in('"CAP_CHOWN", net_raw killer (1ULL << CAP_KILL)')) == "CAP_CHOWN,CAP_KILL,CAP_NET_RAW"


# -- read_at --------------------------------------------------------------------------------------------


def reading(made, read_at: object, ends: str = "") -> list[str]:
    """Check read_at of the first default."""
    clone, commits = made
    source = {"project": "some/engine", "path": "caps.go", "commit": commits["v1.0.0"]}
    data = document(sources={"caps": source})
    data["default"][0]["read_at"] = read_at
    place = Place(find="allowed", files=DEFAULT.files, start=DEFAULT.start, to=DEFAULT.to, ends=ends)
    result = walk(watch(default=[place]), clone, data, {})
    return [str(finding) for finding in check_read_at(data, result, clone)]


def test_read_at(made):
    """At every release that was watched, or where a file is as it is cited."""
    assert reading(made, EVERY_RELEASE) == []
    assert reading(made, EVERY_RELEASE, ends="1.0.0") == [
        "engine default 1.1.0: read_at says every release, and nothing is watched at these"
    ]
    assert reading(made, ["1.0.0", "1.1.0"]) == []
    for release in ("1.2.0", "2.0.0", "7.0.0"):
        assert reading(made, ["1.0.0", release]) == [
            f"engine default {release}: read_at says that it was read there, "
            "and no file that is cited is as it is cited"
        ]


def test_a_fact_begins_where_it_was_read():
    """What was read at one release does not hold for those before."""
    fact = {"confidence": "read", "releases": [{"since": "1.0.0", "until": "1.1.0"}, {"since": "1.2.0"}]}

    assert unread_starts(fact) == ["1.0.0", "1.2.0"]
    assert unread_starts(fact | {"read_at": ["1.2.0"]}) == ["1.0.0"]
    assert unread_starts(fact | {"read_at": ["1.2.0", "1.0.0"]}) == []
    assert unread_starts(fact | {"read_at": EVERY_RELEASE}) == []
    assert unread_starts(fact | {"confidence": "run"}) == ["1.0.0", "1.2.0"]
    assert unread_starts(fact | {"confidence": "documented"}) == []
    assert unread_starts({"confidence": "read"}) == []


# -- citations and the manual page ------------------------------------------------------------------------


def test_citations(made):
    """A commit, a path and a day that are there."""
    clone, commits = made
    commit = commits["v1.0.0"]
    right = Citation("where", "some/engine", "caps.go", commit, DAY)

    assert check(right, clone) == ""
    assert check(Citation("where", "some/engine", "caps.go", commit[:12], "February 2020"), clone) == ""
    assert check(Citation("where", "some/engine", "caps.go", "ab" * 20, DAY), clone) == (
        f"some/engine has no commit {'ab' * 20}"
    )
    assert check(Citation("where", "some/engine", "pkg/caps.go", commit, DAY), clone) == (
        f"some/engine has no pkg/caps.go at {commit[:12]}"
    )
    assert check(Citation("where", "some/engine", "caps.go", commit, "2020-03-01"), clone) == (
        f"some/engine@{commit[:12]} is of {DAY}, and not of 2020-03-01"
    )


def test_every_citation_is_listed():
    """Wherever in the data a commit stands."""
    written = sum(
        len(re.findall(r"^commit = |\bcommit = ", path.read_text("utf-8"), re.MULTILINE))
        for path in Path(facts.__file__).with_name("data").rglob("*.toml")
    )
    found = [each for name, data in every_document().items() for each in citations(data, name)]

    assert len(found) == written > 150
    assert all(re.fullmatch("[^/]+/[^/]+", each.project) for each in found)


LED_NOWHERE = [
    ("containers/podman", "814b7b003cc6", "pkg/specgen/generate/security.go"),  # security_linux.go by then
    ("cri-o/cri-o", "63b9f4ec986d", ""),
    ("docker/cli", "143a7abe", ""),
    ("HackTricks-wiki/hacktricks", "020564d8", ""),  # the Portuguese translation
]


@pytest.mark.parametrize(("project", "commit", "path"), LED_NOWHERE)
def test_citations_that_led_nowhere(project, commit, path):
    """None is back."""
    found = [each for name, data in every_document().items() for each in citations(data, name)]
    of_it = [each for each in found if each.project == project]
    assert of_it
    assert not [each for each in of_it if each.commit.startswith(commit) and each.path.startswith(path)]


PAGE = """\
.\\" a comment
.TH CAPABILITIES 7
.SH NAME
capabilities
.SS "Capabilities list"
CAP_CHOWN
.\\" another
"""


def test_sections_of_the_manual(tmp_path):
    """A section that is new, gone or another; comments and white space do not count."""
    marked = PAGE.replace("a comment", "no comment").replace("CAP_CHOWN", ".IP 1.\n.B CAP_CHOWN")
    changed = PAGE.replace("CAP_CHOWN", "CAP_KILL").replace("NAME", "TITLE")
    make(
        tmp_path / "pages",
        {
            "man-pages-6.1": {"man7/capabilities.7": PAGE},
            "man-pages-6.2": {"man7/capabilities.7": marked},
            "man-pages-6.10": {"man/man7/capabilities.7": changed},
        },
    )
    record = tmp_path / "record.toml"
    paths = ["man/man7/capabilities.7", "man7/capabilities.7"]
    head = f"project = 'o/pages'\ntags = 'man-pages-(6\\.[12])'\npaths = {paths}\n"
    record.write_text(f'{head}release = ""\n\n[sections]\n')
    with Clone(tmp_path / "pages" / ".git") as clone:
        manual.write_record(clone, record)
        known = manual.read_record(record)
        assert list(known["sections"]) == ["NAME", "Capabilities list"]
        assert known["release"] == "6.2"
        assert manual.changed_sections(clone, known) == ("6.2", [])
        assert manual.changed_sections(clone, known | {"tags": r"man-pages-(6\.\d+)"}) == (
            "6.10",
            ["the section 'Capabilities list' is another", "the section 'NAME' is gone", "the section 'TITLE' is new"],
        )
        with pytest.raises(LookupError, match="o/pages has no tag like no"):
            manual.changed_sections(clone, known | {"tags": "no"})
        with pytest.raises(LookupError, match=r"o/pages has none of no\.7 at man-pages-6\.2"):
            manual.changed_sections(clone, known | {"paths": ["no.7"]})


# -- the whole tool ---------------------------------------------------------------------------------------


def test_without_clones(tmp_path, capsys):
    """It says of each engine that it was not walked, and that no citation was checked."""
    assert tool.main([str(tmp_path)]) == 2
    out = capsys.readouterr().out

    assert "podman: not walked, there is no clone of containers/podman\n" in out
    assert "aws-ecs: nothing is watched, because no file of its makers has what is known of it\n" in out
    assert "citations: 0 checked in 0 clones\n" in out
    assert re.search(r"  not checked: \d+ of moby/moby, of which there is no clone\n", out)
    assert "capabilities.7: not read, there is no clone of mkerrisk/man-pages\n" in out
    assert out.endswith("\nnothing was checked: there is no clone that is needed in that folder\n")


def test_with_clones(tmp_path, capsys, monkeypatch):
    """What is wrong is told and counted; what was looked at is written down, and not told again."""
    known = tmp_path / "looked_at.toml"
    known.write_text("")
    monkeypatch.setattr(tool, "LOOKED_AT", known)
    record = tmp_path / "manual.toml"
    record.write_text(manual.RECORD.read_text("utf-8").partition("[sections]")[0] + "[sections]\n")
    monkeypatch.setattr(manual, "RECORD", record)
    functions = "x\ndrop_all_caps (bool)\n{\n}\nprctl_caps (int)\n{\n}\n"
    files = {"bubblewrap.c": functions + 'if (s (a, "--cap-add") == 0) (b, "--cap-drop") == 0) else if\n'}
    clones = tmp_path / "clones"
    make(clones / "containers/bubblewrap", {"v0.2.0": files, "v0.11.1": files, "v0.12.0": files})
    make(clones / "man-pages", {"man-pages-6.1": {"man7/capabilities.7": PAGE}})
    make(clones / "lxc+incus", {"v0.9.9-rc1": {}})

    assert tool.main([str(clones)]) == 1
    out = capsys.readouterr().out
    assert "bubblewrap (containers/bubblewrap): 3 releases, 0.2.0 to 0.12.0\n" in out
    assert "  default: 3 watched, 1 different codes\n" in out
    assert "incus (lxc/incus): no release\n" in out
    assert "  ! bubblewrap rules 0.2.0 to 0.12.0: code that nobody looked at (" in out
    assert re.search(r"  ! engines/bubblewrap\S+: containers/bubblewrap has no commit [0-9a-f]{40}\n", out)
    assert "  ! the section 'NAME' is new\n" in out
    assert re.search(r"\n[0-9]+ to look at\n\Z", out)

    assert tool.main([str(clones), "--looked-at", "bubblewrap", "--looked-at", "capabilities.7"]) == 0
    assert set(tomllib.loads(known.read_text())["bubblewrap"]) == set(KINDS)
    assert set(tomllib.loads(record.read_text())["sections"]) == {"NAME", "Capabilities list"}
    assert tool.main([str(clones), "--looked-at", "docker"]) == 0  # of which there is no clone
    assert set(tomllib.loads(known.read_text())) == {"bubblewrap"}
    capsys.readouterr()
    assert tool.main([str(clones), "--engine", "bubblewrap"]) == 1
    assert capsys.readouterr().out.endswith(
        "  ! bubblewrap read_to 0.12.0: was walked, and read_to is 0.11.1\n\n1 to look at\n"
    )


# -- what is watched, and what the data says of it ---------------------------------------------------------

DOCUMENTS = {name: facts.load(f"engines/{name}") for name in facts.stems("engines")}
NOT_WATCHED = {"aws-ecs", "aws-fargate"}  # their makers publish no code that has it


def test_every_engine_is_watched():
    """Or it is said why not."""
    assert {watch.engine for watch in read_watches()} | NOT_WATCHED == set(DOCUMENTS)
    assert set(tomllib.loads(tool.LOOKED_AT.read_text("utf-8"))) <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_facts_begin_where_they_were_read(name):
    """No fact claims a release before those at which it was read."""
    unread = {
        (kind, at): starts
        for kind in KINDS
        for at, fact in enumerate(DOCUMENTS[name][kind])
        if (starts := unread_starts(fact))
    }

    assert unread == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_was_read_at_every_release_is_watched(name):
    """From the first release of each stretch on, so that the next walk says whether it is still so."""
    places = [watch.places for watch in read_watches() if watch.engine == name]
    for kind in KINDS:
        for fact in DOCUMENTS[name][kind]:
            if fact.get("read_at") == EVERY_RELEASE:
                for release in fact["releases"]:
                    assert any(place.is_for(release["since"]) for each in places for place in each.get(kind, ()))
