"""The plots: what is drawn, where it stands, and that nothing covers anything else."""

from __future__ import annotations

import math
import random
import sys
from itertools import combinations

import pytest
from attrs import evolve

from capset import DOCKER_DEFAULT, Cap, CapSet, CapState, compare, display, engines, live
from capset.display.as_plot import canvas
from capset.display.as_plot.processtree import process_tree

matplotlib = pytest.importorskip("matplotlib", reason="needs Matplotlib (pip install 'capset[plot]')")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.collections import LineCollection  # noqa: E402
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

from capset import arrays  # noqa: E402
from capset.display.as_plot.comparison import plot_comparison  # noqa: E402
from capset.display.as_plot.engines import plot_versions  # noqa: E402

ALL = CapSet.all()
DOCKER, PODMAN = DOCKER_DEFAULT, engines.get("podman").default
MINUS = "\N{MINUS SIGN}"


@pytest.fixture(autouse=True)
def style():
    """Begin with Matplotlib's own settings, and close what a test draws."""
    with plt.style.context("default"):
        yield
    plt.close("all")


@pytest.fixture(params=["light", "dark"])
def ground(request):
    """Draw on a light ground, then on a dark one."""
    with plt.style.context("dark_background" if request.param == "dark" else "default"):
        yield


def process(pid, ppid=1, name="sh", caps=(), *, tgid=None, user_ns=None):
    """Make a thread that has the same capabilities effective and permitted."""
    status = live.parse_status(
        "Name:\tx\nTgid:\t1\nPid:\t1\nPPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n"
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
    )
    caps = CapSet(caps)
    state = CapState(effective=caps, permitted=caps, bounding=ALL)
    return evolve(
        status, pid=pid, tgid=pid if tgid is None else tgid, ppid=ppid, name=name, caps=state, user_ns=user_ns
    )


def host(count):
    """Make a host of so many processes, always the same."""
    chance = random.Random(6)
    found = [process(1, 0, "init", ALL, user_ns=1), process(2, 0, "kthreadd", ALL, user_ns=1)]
    found += [process(pid, 2, f"kworker/{pid % 4}:{pid}", ALL, user_ns=1) for pid in range(3, 60)]
    for pid in range(100, 100 + count - len(found)):
        parent = chance.choice([1, *range(100, pid)])
        caps = chance.choice([ALL, DOCKER, PODMAN, (), {"net_raw"}, {"sys_time", 41}])
        found.append(process(pid, parent, chance.choice("abcd") * 9, caps, user_ns=chance.choice([1, 1, 1, None, 5])))
    return found


def plot_holders(statuses, set="effective", ax=None):
    return live.Snapshot(statuses).plot(set, ax=ax)


def plot_tree(statuses, set="effective", ax=None):
    return live.Snapshot(statuses).plot_tree(set, ax=ax)


def texts(ax):
    """List the texts that are drawn, and are not empty."""
    shown = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax._left_title]
    return [text for text in shown if text.get_text() and text.get_visible() and (ax.axison or text not in ticks(ax))]


def ticks(ax):
    return [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label]


def said(ax):
    return [text.get_text() for text in texts(ax)]


def check(ax):
    """Hold what every plot must keep: no text over another, nothing outside of the figure, no text like its ground."""
    figure = ax.figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [(text, text.get_window_extent(renderer)) for text in texts(ax)]
    corners = [tuple(map(float, box.extents)) for _, box in boxes]
    for at, other in combinations(range(len(boxes)), 2):
        (left, low, right, high), (x0, y0, x1, y1) = corners[at], corners[other]
        apart = right <= x0 or x1 <= left or high <= y0 + 1 or y1 <= low + 1  # boxes of lines touch by a pixel
        assert apart, (boxes[at][0].get_text(), boxes[other][0].get_text())
    for (text, _), (left, low, right, high) in zip(boxes, corners, strict=True):
        assert left >= 0, text
        assert low >= 0, text
        assert right <= figure.bbox.width, text
        assert high <= figure.bbox.height, text
    assert figure.bbox.width < 1300
    assert figure.bbox.height < 2600
    grounds = [(patch.get_window_extent().extents, patch.get_facecolor()) for patch in ax.patches]
    outside = to_rgb(figure.get_facecolor())
    for (text, _), (left, low, right, high) in zip(boxes, corners, strict=True):
        x, y = (left + right) / 2, (low + high) / 2
        on = [color for (x0, y0, x1, y1), color in grounds if x0 <= x <= x1 and y0 <= y <= y1 and color[3]]
        assert contrast(to_rgb(text.get_color()), on[0][:3] if on else outside) >= 4.5, text


def contrast(one, other):
    """Return the contrast of two colours, as WCAG defines it."""

    def light(color):
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def cells(ax):
    """Return which cells are filled, and in which there is a check."""
    filled = {(round(p.get_x() + p.get_width() / 2), round(p.get_y() + p.get_height() / 2)) for p in ax.patches}
    checked = {text.get_position() for text in ax.texts if text.get_text() == "✓"}
    assert len(filled) == len(ax.patches)
    return filled, checked


def rows(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def heads(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


class TestComparison:
    @pytest.mark.parametrize("ax", [None, "given"])
    def test_all_of_twelve_engines(self, ax):
        sets = {name: engines.get(name).default for name in engines.names()[:12]}
        if ax:
            ax = plt.subplots(figsize=(9, 12), layout="constrained")[1]

        drawn = plot_comparison(sets, list(Cap), ax)

        assert ax is None or drawn is ax
        assert heads(drawn) == list(sets)
        assert rows(drawn)[12] == "CAP_NET_ADMIN 12"
        assert len(rows(drawn)) == 41
        held = {(x, y) for x, caps in enumerate(sets.values()) for y, cap in enumerate(Cap) if cap in caps}
        assert cells(drawn) == (held, held)
        check(drawn)

    def test_three_of_two(self, ground):
        ax = plot_comparison({"docker": DOCKER, "podman": PODMAN}, [Cap.NET_RAW, Cap.MKNOD, Cap.AUDIT_WRITE])

        assert cells(ax)[0] == {(0, 0), (0, 1), (0, 2)}
        assert {label.get_rotation() for label in ax.get_xticklabels()} == {0}
        marks = [text.xy[1] for text in ax.texts if text.get_text() == "!"]
        assert marks == [1]
        assert "! published lists" in ax.get_xlabel()
        check(ax)

    def test_one_of_one(self):
        ax = plot_comparison({"docker": DOCKER}, [Cap.CHOWN], title="One")

        assert said(ax) == ["✓", "docker", "CAP_CHOWN   0", "✓ it has the capability; an empty cell: it has not", "One"]
        check(ax)

    def test_one_that_has_nothing(self):
        ax = plot_comparison({"none": CapSet()}, [Cap.CHOWN])

        assert cells(ax) == (set(), set())
        check(ax)

    def test_what_has_no_name_yet(self):
        ax = plot_comparison({"a": CapSet([41, 63]), "b": CapSet([63])}, [Cap.KILL, Cap(41), Cap(63)])

        assert rows(ax) == ["CAP_KILL   5", "41", "63"]
        assert "a number: capset has no name for it" in ax.get_xlabel()
        assert cells(ax)[0] == {(0, 1), (0, 2), (1, 2)}
        check(ax)

    def test_long_and_hostile_names(self):
        """Columns can be told apart whatever they are called, and no name is read as a formula or acts on anything."""
        long = "the web server in the container on the third host of the second rack, number "
        names = [long + "one", long + "two", "x" * 60 + "y" * 60, "x" * 60 + "z" + "y" * 59, "$\\frac{", "a\x1b\n中"]
        ax = plot_comparison(dict.fromkeys(names, DOCKER) | {"b": PODMAN}, [Cap.MKNOD])

        shown = heads(ax)
        assert len(set(shown)) == 7
        assert shown[0].endswith("one")
        assert shown[1].endswith("two")
        assert shown[2:4] == [f"{'x' * 31}…{'y' * 16}\n#3", f"{'x' * 31}…{'y' * 16}\n#4"]
        assert shown[4:6] == ["$\\\\frac{", "a\\x1b\\n\\u4e2d"]
        check(ax)

    def test_heads_that_fit_are_level_and_others_turned(self):
        few = plot_comparison({f"engine {n}": DOCKER for n in range(5)}, [Cap.CHOWN])
        many = plot_comparison({f"engine {n}": DOCKER for n in range(30)}, [Cap.CHOWN])

        assert {label.get_rotation() for label in few.get_xticklabels()} == {0}
        assert {label.get_rotation() for label in many.get_xticklabels()} == {90}
        check(few)
        check(many)

    @pytest.mark.parametrize(
        ("sets", "text"),
        [
            ({}, "nothing to compare"),
            ({"a": CapSet(["kill"]), "b": CapSet(["kill"])}, "a and b: no difference; each has CAP_KILL"),
            ({"a": DOCKER, "b": DOCKER}, None),
            ({"a": DOCKER, "b": PODMAN}, "a and b: there is no row to show"),
            ({"one": CapSet()}, "one: it has none"),
        ],
    )
    @pytest.mark.parametrize("given", [False, True])
    def test_nothing_to_draw(self, sets, text, given):
        ax = plot_comparison(sets, [], plt.subplots()[1] if given else None)

        assert len(said(ax)) == 2
        assert text in {None, said(ax)[0]}
        check(ax)

    def test_what_is_left_as_it_was(self):
        """The user's settings, and the figures that are open."""
        before = dict(matplotlib.rcParams)
        plot_comparison({"docker": DOCKER}, [Cap.CHOWN])

        assert dict(matplotlib.rcParams) == before
        assert len(plt.get_fignums()) == 1

    def test_under_other_settings(self):
        """A layout of the user's, lines behind every plot, and a font of theirs."""
        settings = {"figure.constrained_layout.use": True, "axes.grid": True, "font.size": 14, "font.family": "serif"}
        with matplotlib.rc_context(settings):
            ax = plot_comparison({"docker": DOCKER, "podman": PODMAN}, list(Cap))

            assert not any(line.get_visible() for line in [*ax.get_xgridlines(), *ax.get_ygridlines()])
            assert len(rows(ax)) == 41
            ax.figure.canvas.draw()


class TestVersions:
    def test_docker(self, ground):
        """Nine defaults in many entries; what all have is told in a line."""
        ax = plot_versions(engines.versions("docker"))

        assert heads(ax)[0] == "0.1.0 to 0.6.3"
        assert heads(ax)[-1] == "1.2.0 and later"
        assert len(heads(ax)) == 9
        assert not any(row.startswith("CAP_CHOWN ") for row in rows(ax))
        assert ax.get_xlabel().startswith("All have CAP_CHOWN, CAP_DAC_OVERRIDE")
        last = {rows(ax)[y].split()[0] for x, y in cells(ax)[0] if x == 8}
        assert last == {"CAP_FSETID", "CAP_KILL", "CAP_SETPCAP", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP"}
        check(ax)

    @pytest.mark.parametrize("name", engines.names())
    def test_every_engine(self, name):
        ax = plot_versions(engines.versions(name))

        assert ax.get_title(loc="left").replace("\n", " ") == f"The default of {engines.get(name).title}"
        check(ax)

    def test_what_did_not_change(self):
        ax = plot_versions(engines.versions("containerd"))

        assert said(ax)[0].startswith("1.1.0 and later: CAP_CHOWN")
        assert said(ax)[0].endswith("it did not change")

    def test_an_engine_without_releases(self):
        [engine] = engines.versions("gvisor")

        assert said(plot_versions([engine]))[0].replace("\n", " ").startswith("no release named: CAP_CHOWN")

    def test_engines_side_by_side_that_have_nothing_in_common(self):
        ax = plot_versions([*engines.versions("crun"), *engines.versions("bubblewrap")])

        assert heads(ax) == ["no release\nnamed", "0.2.0 and later"] or len(heads(ax)) == 2
        assert ax.get_xlabel().startswith("✓")

    def test_none(self):
        assert said(plot_versions([]))[0] == "nothing to show"


class TestHost:
    def test_counts(self):
        statuses = [process(1, 0, "init", {"kill", "sys_admin"}), process(2, 1, "a", {"kill"}), process(3)]
        ax = plot_holders(statuses)

        assert rows(ax) == ["CAP_KILL   5", "CAP_SYS_ADMIN 21"]
        assert [bar.get_width() for bar in ax.patches] == [2, 1]
        assert [text.get_text() for text in ax.texts] == ["!", "2", "1"]
        assert ax.get_title(loc="left") == "The effective sets of 3 processes: how many have each capability"
        assert ax.get_xlabel().replace("\n", " ").startswith("held by none: all known but CAP_KILL, CAP_SYS_ADMIN")
        check(ax)

    def test_user_namespaces(self, ground):
        statuses = [process(1, 0, "init", {"kill", "chown"}, user_ns=10), process(2, 1, "a", {"kill"}, user_ns=10)]
        statuses += [process(3, 1, "b", {"kill", 41}, user_ns=11), process(4, 1, "c", {"kill"})]
        ax = plot_holders(statuses)

        assert rows(ax) == ["CAP_KILL   5", "CAP_CHOWN   0", "41"]
        assert [bar.get_width() for bar in ax.patches] == [3, 1, 0, 1, 0, 1]
        assert {bar.get_hatch() for bar in ax.patches[3:]} == {"////"}
        assert [text.get_text() for text in ax.texts] == ["4, 1 hatched", "1", "1, 1 hatched"]
        assert "hatched: in another user namespace" in ax.get_xlabel()
        assert "1 whose user namespace is not known" in ax.get_xlabel().replace("\n", " ")
        check(ax)

    @pytest.mark.parametrize("ax", [None, "given"])
    def test_three_hundred(self, ax):
        statuses = host(300)
        ax = plot_holders(statuses, "permitted", ax and plt.subplots(figsize=(8, 9), layout="constrained")[1])

        widths = {}
        for bar in ax.patches:
            y = round(bar.get_y() + bar.get_height() / 2)
            widths[y] = widths.get(y, 0) + bar.get_width()
        held = CapSet().union(*(status.caps.permitted for status in statuses))
        counts = {str(cap): sum(cap in status.caps.permitted for status in statuses) for cap in held}
        assert {rows(ax)[y].split()[0]: count for y, count in widths.items()} == counts
        assert sorted(widths.values(), reverse=True) == [widths[y] for y in range(len(held))]
        check(ax)

    def test_threads_and_another_set(self):
        ax = plot_holders([process(1, 0), process(2, 0, tgid=1)], "bounding")

        assert ax.get_title(loc="left").replace("\n", " ").startswith("The bounding sets of 2 threads")
        assert len(rows(ax)) == 41
        assert "held by none" not in ax.get_xlabel()
        check(ax)

    def test_nothing_to_draw(self):
        assert said(plot_holders([]))[0] == "nothing to show"
        nothing = plot_holders([process(1)])
        assert said(nothing) == ["none holds any", "The effective set of 1 process: how many have each capability"]
        check(nothing)

    def test_there_is_no_such_set(self):
        with pytest.raises(
            ValueError, match="expected one of effective, permitted, inheritable, bounding, ambient, got"
        ):
            plot_holders([], "efective")

    def test_there_is_no_such_kind(self):
        with pytest.raises(ValueError, match=r"^expected the kind 'holders' or 'tree', got 'bars'$"):
            display.plot(live.Snapshot([]), kind="bars")


def tree(ax):
    """Return the lines of a tree: the texts of each row, from left to right."""
    found = {}
    for text in ax.texts:
        x, y = text.get_position()
        found.setdefault(y, []).append((x, text.get_text()))
    return [" | ".join(text for _, text in sorted(found[y]) if text) for y in sorted(found)]


class TestTree:
    def test_what_each_has_over_its_parent(self, ground):
        statuses = [
            process(1, 0, "init", ALL),
            process(10, 1, "dockerd", ALL),
            process(11, 10, "nginx", DOCKER),
            process(12, 11, "nginx"),
            process(13, 12, "ping", {"net_raw"}),
            process(14, 11, "odd", (DOCKER | {"sys_admin", "bpf"}) - {"kill"}),
            process(20, 9, "lost", {"kill"}),
        ]
        ax = plot_tree(statuses)

        assert tree(ax) == [
            "process | has | over its parent",
            "1 init | 41 | no parent to be seen",
            "10 dockerd | 41 | =",
            f"11 nginx | 14 | {MINUS}27 | keeps Docker's default",
            f"12 nginx | 0 | {MINUS}14 | keeps none",
            "13 ping | 1 | +1 | +CAP_NET_RAW",
            f"14 odd | 15 | +2 {MINUS}1 | +CAP_SYS_ADMIN +CAP_BPF {MINUS}CAP_KILL",
            "20 lost | 1 | its parent 9 is not here",
        ]
        gain, loss = to_rgb(canvas.GAIN), to_rgb(canvas.LOSS)
        assert [patch.get_facecolor()[:3] for patch in ax.patches] == [loss, loss, gain, gain]
        [lines] = [each for each in ax.collections if isinstance(each, LineCollection)]
        assert len(lines.get_paths()) == 5
        assert ax.get_title(loc="left") == "The effective sets of 7 processes, each beside its parent's"
        check(ax)

    def test_user_namespaces(self, ground):
        statuses = [
            process(1, 0, "podman", user_ns=1),
            process(2, 1, "a", ALL, user_ns=2),
            process(3, 1, "b", user_ns=2),
            process(4, 2, "c", user_ns=3),
            process(5, 1, "d", ALL),
        ]

        assert tree(plot_tree(statuses))[1:] == [
            "1 podman | 0 | no parent to be seen",
            "2 a | 41 | +41 | in another user namespace: + all known",
            f"4 c | 0 | {MINUS}41 | in another user namespace: keeps none",
            "3 b | 0 | = | in another user namespace",
            "5 d | 41 | +41 | + all known",
        ]

    @pytest.mark.parametrize(
        ("caps", "words"),
        [
            (DOCKER | {"bpf"}, "keeps Docker's default and CAP_BPF"),
            (PODMAN, "keeps Docker's default but CAP_NET_RAW, CAP_MKNOD, CAP_AUDIT_WRITE"),
            ((DOCKER | {"bpf"}) - {"kill"}, "keeps Docker's default and CAP_BPF but CAP_KILL"),
            (ALL - {"sys_boot"}, "keeps all known but CAP_SYS_BOOT"),
            (PODMAN - {"kill", "chown"}, f"{MINUS}CAP_CHOWN {MINUS}CAP_DAC_READ_SEARCH {MINUS}CAP_KILL and 29 more"),
        ],
    )
    def test_what_is_left(self, caps, words):
        ax = plot_tree([process(1, 0, "init", ALL), process(2, 1, "web", caps)])

        assert tree(ax)[2].split(" | ")[3] == words
        check(ax)

    def test_what_has_gained_all(self):
        ax = plot_tree([process(1, 0, "sh"), process(2, 1, "full", ALL | {41})])

        assert tree(ax)[2] == "2 full | 42 | +42 | + all known and no. 41"

    def test_those_that_are_alike_share_a_line(self):
        workers = [process(pid, 2, f"kworker/{pid}:0", ALL) for pid in range(3, 15)]
        others = [process(pid, 2, "sh", ALL) for pid in (20, 21)]
        statuses = [
            process(2, 0, "kthreadd", ALL),
            *workers,
            *others,
            process(30, 2, "sh"),
            process(31, 20, "leaf", ALL),
        ]
        statuses += [process(40 + n, 90 + n, "lost") for n in range(2)]
        ax = plot_tree(statuses)

        assert tree(ax)[1:] == [
            "2 kthreadd | 41 | no parent to be seen",
            "12 × kworker/…, 3 to 14 | 41 | =",
            "20 sh | 41 | =",
            "31 leaf | 41 | =",
            "21 sh | 41 | =",
            f"30 sh | 0 | {MINUS}41 | keeps none",
            "2 × lost, 40 to 41 | 0 | their parents are not here",
        ]
        check(ax)

    def test_threads(self):
        statuses = [process(5, 1, "java", {"kill"}), process(1, 0), process(6, 1, "gc", {"kill"}, tgid=5)]
        statuses += [process(pid, 1, "pool", tgid=5) for pid in (7, 8)]
        statuses += [process(9, 1, "stray", tgid=77), process(10, 88, "astray", tgid=77)]

        ax = plot_tree(statuses)

        assert tree(ax)[1:] == [
            "1 sh | 0 | no parent to be seen",
            "5 java | 1 | +1 | +CAP_KILL",
            "6 gc (thread) | 1 | =",
            f"2 × pool (threads), 7 to 8 | 0 | {MINUS}1 | keeps none",
            "9 stray (thread) | 0 | =",
            "10 astray (thread) | 0 | its parent 88 is not here",
        ]
        assert "7 threads" in ax.get_title(loc="left")

    def test_ids_that_lead_nowhere(self):
        """Circles, one that is its own parent, pid 0, and ids that occur twice: each is there once."""
        statuses = [
            process(0, 0, "swapper", ALL),
            process(1, 0, "init", ALL),
            process(1, 0, "again", ALL),
            process(5, 7, "a"),
            process(6, 5, "b"),
            process(7, 6, "c"),
            process(8, 8, "self"),
            process(9, 8, "child"),
        ]

        assert tree(plot_tree(statuses))[1:] == [
            "0 swapper | 41 | no parent to be seen",
            "1 init | 41 | =",
            "1 again | 41 | =",
            "5 a | 0 | its parents go round in a circle",
            "6 b | 0 | =",
            "7 c | 0 | =",
            "8 self | 0 | its parents go round in a circle",
            "9 child | 0 | =",
        ]

    def test_hostile_names(self):
        names = ["$\\frac{", "\x1b[2J", "\udcff\n", "中文", "x" * 300, "a/b"]
        ax = plot_tree([process(pid, 0, name) for pid, name in enumerate(names, 1)])

        shown = [line.split(" | ")[0] for line in tree(ax)[1:]]
        assert shown[:4] == ["1 $\\\\frac{", "2 \\x1b[2J", "3 \\xff\\n", "4 \\u4e2d\\u6587"]
        assert shown[4] == f"5 {'x' * 29}…{'x' * 16}"
        assert shown[5] == "6 a/b"
        check(ax)

    @pytest.mark.parametrize("ax", [None, "given"])
    def test_three_hundred(self, ax):
        ax = plot_tree(host(300), ax=ax and plt.subplots(figsize=(8, 14))[1])

        assert len(tree(ax)) <= 82
        assert "more are left out" in tree(ax)[-1]
        check(ax)

    def test_what_is_left_out(self):
        """What differs stays, and the line says that all that goes is as its parent is."""
        statuses = [process(1, 0, "init", ALL)]
        statuses += [process(pid, 1, f"same{pid}", ALL) for pid in range(2, 200)] + [process(200, 1, "odd", {"kill"})]
        ax = plot_tree(statuses)

        assert tree(ax)[-2:] == [
            f"200 odd | 1 | {MINUS}40 | keeps CAP_KILL",
            "120 more are left out, all with the same set as their parent",
        ]

    def test_a_chain_longer_than_a_stack(self):
        """A process at the end of thousands is left out, as there is no room for those over it."""
        statuses = [process(pid, pid - 1, "sh", {"kill"} if pid == 3000 else ()) for pid in range(1, 3001)]
        ax = plot_tree(statuses)

        assert len(tree(ax)) == 82
        assert tree(ax)[-1] == "2920 more are left out, 1 of them with another set or without a parent here"
        check(ax)

    def test_nothing_to_draw(self):
        assert said(plot_tree([])) == ["nothing to show", "The effective sets of 0 processes, each beside its parent's"]
        with pytest.raises(ValueError, match="expected one of effective"):
            plot_tree([], "efective")

    def test_every_process_has_one_line(self):
        lines, left_out = process_tree(host(300), "effective", 10)

        assert sum(line.count for line in lines + left_out) == 300
        assert all(line.parent is None or line.parent < at for at, line in enumerate(lines))


def test_a_text_in_a_narrow_place_becomes_smaller():
    small = plot_tree(host(60), ax=plt.subplots(figsize=(2, 2))[1])

    assert small.texts[0].get_fontsize() < 5


def test_many_rows_in_a_low_place_become_smaller():
    ax = plot_comparison({"docker": DOCKER}, list(Cap), plt.subplots(figsize=(4, 3))[1])

    assert ax.get_yticklabels()[0].get_fontsize() < 5


@pytest.mark.parametrize("plot", [plot_comparison, plot_holders, plot_tree, plot_versions])
def test_without_matplotlib(plot, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    arguments = ({}, []) if plot is plot_comparison else ([],)

    with pytest.raises(ModuleNotFoundError, match=r"a plot needs matplotlib: pip install 'capset\[plot\]'") as caught:
        plot(*arguments)
    assert caught.value.name == "matplotlib"


def test_the_colours_differ_from_both_grounds(ground):
    """A filled cell and a bar stand out, and the signs of the tree have an edge besides."""
    for ground in ("white", "black"):
        assert contrast(to_rgb(canvas.FILL), to_rgb(ground)) >= 3
    assert not math.isclose(contrast(to_rgb(canvas.GAIN), to_rgb(canvas.LOSS)), 0)
    ax = plot_tree([process(1, 0), process(2, 1, caps={"kill"})])
    [box] = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert box.get_edgecolor()[:3] == to_rgb(matplotlib.rcParams["text.color"])


def test_no_axes():
    """Whatever else is given for Axes is refused before anything is drawn."""
    for plot in (compare(a=CapSet()).plot, live.Snapshot([]).plot, live.Snapshot([]).plot_tree):
        with pytest.raises(TypeError, match="expected Axes of Matplotlib, got 5"):
            plot(ax=5)


class TestPrevalence:
    """Of many masks; NumPy comes with Matplotlib."""

    DOCKER = DOCKER_DEFAULT.mask

    def test_shares(self, ground):
        ax = arrays.prevalence([self.DOCKER, 1 << 21, 1 << 63, None], [2, 1, 1, 9]).plot()

        assert rows(ax)[:2] == ["CAP_CHOWN   0", "CAP_DAC_OVERRIDE   1"]
        assert rows(ax)[-2:] == ["CAP_SYS_ADMIN 21", "63"]
        assert [round(patch.get_width(), 2) for patch in ax.patches] == [0.5] * 14 + [0.25] * 2
        assert [text for text in said(ax) if "%" in text] == ["50.0%, 2"] * 14 + ["25.0%, 1"] * 2
        assert "How many of 4 masks hold each capability" in said(ax)
        told = ax.get_xlabel()
        assert "1 mask more is missing, of which nothing is known" in told
        assert "held by none: CAP_DAC_READ_SEARCH" in told
        assert "! published lists" in told
        check(ax)

    @pytest.mark.parametrize("given", [False, True])
    def test_all_64_bits(self, ground, given):
        """As wide as the place, and with room for the numbers."""
        place = plt.subplots(figsize=(8, 12), layout="constrained")[1] if given else None
        ax = arrays.prevalence([2**64 - 1] * 3).plot(ax=place)

        assert place is None or ax is place
        assert {patch.get_width() for patch in ax.patches} == {1}
        assert ax.get_xlim()[1] > 1
        assert "held by none" not in ax.get_xlabel()
        if not given:
            check(ax)

    def test_of_something_else(self, ground):
        """It says what is counted, and of how many not all was understood."""
        ax = arrays.Prevalence({Cap.KILL: 1}, 3, 2, partly=1, what="processes").plot()

        assert "How many of 3 processes hold each capability" in said(ax)
        told = ax.get_xlabel()
        assert "2 processes more are missing, of which nothing is known" in told
        assert "! of 1 process not all was understood: it may hold more" in told
        check(ax)

    def test_nothing(self, ground):
        ax = arrays.prevalence([0, None]).plot()

        assert said(ax) == [
            "nothing is held; 1 mask more is missing, of which nothing is known",
            ax._left_title.get_text(),
        ]
        check(ax)


def rare_sets(count, *, added="sys_admin"):
    """Make an answer with some rare sets."""
    from capset.fleet import Outlier, Rare

    outliers = [
        Outlier(
            peers={"name": f"<b>{number} $x$"},
            caps=CapSet([added]),
            usual=CapSet(),
            count=1,
            of=20 + number,
            hosts=1,
            example="web1",
        )
        for number in range(count)
    ]
    told = {"by": ("name",), "set": "effective", "share": 0.05, "least": 10, "total": 500, "alone": 3, "unread": 2}
    return Rare(outliers=tuple(outliers), **told)


@pytest.mark.parametrize("count", [1, 5, 60])
def test_rare_sets(count):
    """A bar for each, with how many of their peers it is; of many, the first."""
    ax = rare_sets(count).plot()
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("!") == min(count, 40)
    assert len(ax.patches) == min(count, 40)
    assert "5.0%, 1 of 20" in texts
    assert [(tick.get_text(), at) for tick, at in zip(ax.get_xticklabels(), ax.get_xticks(), strict=True)] == [
        ("0%", 0),
        ("5% of peers", 0.05),
    ]
    assert ax.get_xlim()[1] > 0.05
    assert ("and 20 more" in ax.get_xlabel()) is (count == 60)
    assert "of its peers hold" in ax.get_xlabel().replace("\n", " ")
    plt.close("all")


def test_no_rare_sets():
    """A sentence."""
    ax = rare_sets(0).plot()
    assert "no set is rare" in ax.texts[0].get_text().replace("\n", " ")
    plt.close("all")
    _, ax = plt.subplots()
    assert rare_sets(2, added="kill").plot(ax=ax) is ax
    plt.close("all")
