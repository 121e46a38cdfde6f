"""A fleet with everything in it that engines treat differently, and what is asked of it, answered by plain loops.

Nothing here groups, joins or filters by what the library uses for it: the answers are what every engine has to give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from random import Random
from typing import Any

from attrs import evolve

from capset import DOCKER_DEFAULT, LAST_CAP, CapSet, CapState, engines, fleet
from capset.fleet.row import Row

SETS = ("effective", "permitted", "inheritable", "bounding", "ambient")
STANDING = (*SETS, "uid_effective", "uid_real", "uid_saved", "uid_fs", "no_new_privs", "seccomp", "elsewhere")
UIDS = ("uid_effective", "uid_real", "uid_saved", "uid_fs")
INITIAL = 4026531837
MASKS = (0, 1, 1 << 21, DOCKER_DEFAULT.mask, CapSet.all().mask, 1 << 63, (1 << 63) | 5, 2**63 - 1, 2**64 - 1)
HOSTS = ("web1", "web10", "web9", "it's", 'a "quoted" \\ one', "ünï", "")
NAMES = ("app", "nginx", "", "None", "it's", '"x"\\', "%s; --", "\N{GREEK SMALL LETTER ALPHA}", None)


def states() -> list[dict[str, Any]]:
    """Make what processes may hold: what containers get, what no table names, and what is not known."""
    docker = engines.get("docker")
    made: list[dict[str, Any]] = [
        {name: getattr(state, name) for name in SETS}
        for state in (
            CapState(),
            CapState(effective=CapSet.all(), permitted=CapSet.all(), bounding=CapSet.all()),
            docker.container(),
            docker.container(uid=1000),
            docker.container(add=["NET_ADMIN"]),
            docker.container(privileged=True),
            engines.get("podman").container(),
        )
    ]
    made += [dict.fromkeys(SETS, CapSet.from_mask(mask)) for mask in MASKS]
    made += [dict.fromkeys(SETS, None), {**made[2], "effective": None}, {**made[0], "ambient": None}]
    return made


def before(seed: int = 1, rows: int = 400) -> list[Row]:
    """Make a snapshot of some hosts."""
    random, held = Random(seed), states()
    pids = {host: count(1) for host in HOSTS}
    made: list[Row] = []
    for _ in range(rows):
        host = random.choice(HOSTS)
        pid = next(pids[host])
        name = random.choice(("app",) * 12 + NAMES)
        sets = held[2] if name == "app" and random.random() < 0.8 else random.choice(held)
        inside = random.random() < 0.6
        made.append(
            Row(
                host=host,
                boot=random.choice((f"boot of {host}",) * 9 + (None,)),
                last_cap=random.choice((40, 40, 40, 41, 63, None)),
                pid=pid,
                start=random.choice((pid * 7,) * 9 + (None,)),
                name=name,
                cgroup=f"/docker/{pid % 5}" if inside else "/init.scope",
                contained=None if random.random() < 0.1 else inside,
                kernel_thread=random.choice((False, False, False, None, True)),
                container=f"{pid % 5}" if inside else None,
                engine=random.choice(("docker", "docker", "podman", "nonsense", None)) if inside else None,
                uid_effective=random.choice((0, 0, 0, 1000, 2**32 - 2, 2**32 - 1, None)),
                uid_real=random.choice((0, 1000, None)),
                uid_saved=random.choice((0, 1000, None)),
                uid_fs=random.choice((0, 1000, None)),
                unread=random.choice((None,) * 9 + ("not all was understood",)),
                groups=random.choice(((), (1, 2**32 - 1), None)),
                no_new_privs=random.choice((False, False, True, None)),
                seccomp=random.choice((0, 2, 2, None)),
                user_ns=random.choice((INITIAL, INITIAL, 5, None)),
                **sets,
            )
        )
    made += [Row(host="web1", pid=next(pids["web1"]), unread='it\'s "hidden"'), Row(host="it's", unread="?")]
    # Alike on two hosts, of which the first has the greater ids.
    more = dict(name="twin", boot="b", contained=False, **held[2])
    return [
        *made,
        Row(host="twin1", pid=70, start=1, **more),
        Row(host="twin1", pid=71, start=1, **more),
        Row(host="twin2", pid=3, start=1, **more),
        Row(host="was", pid=1, start=1, **more),
    ]


def after(rows: Iterable[Row], seed: int = 2) -> list[Row]:
    """Make a later snapshot of the same hosts: some processes changed, some ended, some began."""
    random, held = Random(seed), states()
    made: list[Row] = []
    for row in rows:
        changed: dict[str, Any] = {}
        match random.randrange(12):
            case 0:
                continue
            case 1:
                changed = random.choice(held)
            case 2:
                changed = {random.choice(UIDS): random.choice((0, 1000, None))}
            case 3:
                changed = {"no_new_privs": random.choice((False, True, None)), "seccomp": random.choice((0, 2, None))}
            case 4:
                changed = random.choice(({"start": 1}, {"boot": "another"}, {"contained": True}, {"contained": False}))
            case 5:
                changed = {"name": random.choice(NAMES)}
        if row.name == "twin":
            changed = {"effective": CapSet([63])}
        if row.host != "was":
            made.append(evolve(row, **changed))
    most: Counter[str] = Counter()
    for row in made:
        most[row.host] = max(most[row.host], row.pid or 0)
    made += [Row(host=host, pid=pid + 1000, start=1, name="new", **random.choice(held)) for host, pid in most.items()]
    return [*made, Row(host="now", pid=1, start=1, name="twin", **held[2])]


def many(distinct: int = 10_000, seed: int = 3) -> list[Row]:
    """Make processes of which no two hold the same."""
    random = Random(seed)
    held = [CapSet.from_mask(random.getrandbits(64)) for _ in range(distinct)]
    return [Row(host=f"h{at % 50}", pid=at, effective=caps) for at, caps in enumerate(held)]


# What is asked. Each answer is made of what compares and prints plainly.


def questions(one: Any, other: Any) -> dict[str, Any]:
    """Ask the library everything of two snapshots, in whatever engine they are."""
    told: dict[str, Any] = {f"prevalence {name}": prevalence_told(fleet.prevalence(one, set=name)) for name in SETS}
    told |= {f"who {key}": rows_told(fleet.who(one, **asked)) for key, asked in WHO.items()}
    told |= {f"rare {key}": rare_told(fleet.rare(one, **asked)) for key, asked in RARE.items()}
    told |= {f"drift by {by}": drift_told(fleet.drift(one, other, by=by)) for by in ("process", "program")}
    told |= {f"beyond {engine}": beyond_told(fleet.beyond(one, engine)) for engine in (None, "docker", "podman")}
    return told


def answers(one: Sequence[Row], other: Sequence[Row]) -> dict[str, Any]:
    """Answer the same by loops."""
    told: dict[str, Any] = {f"prevalence {name}": prevalence(one, name) for name in SETS}
    told |= {f"who {key}": rows_told(who(one, **asked)) for key, asked in WHO.items()}
    told |= {f"rare {key}": rare(one, **asked) for key, asked in RARE.items()}
    told |= {"drift by process": drift_by_process(one, other), "drift by program": drift_by_program(one, other)}
    told |= {f"beyond {engine}": beyond(one, engine) for engine in (None, "docker", "podman")}
    return told


WHO: dict[str, dict[str, Any]] = {
    "all": {},
    "has the last": {"has": [63]},
    "has and lacks": {"has": ["net_raw"], "lacks": ["sys_admin", 63]},
    "nobody": {"has": ["kill"], "lacks": ["kill"]},
    "lacks": {"lacks": ["sys_admin"], "set": "bounding"},
    "root": {"has": ["sys_admin"], "user": 0, "set": "permitted"},
    "the last user": {"user": 2**32 - 2},
}
RARE: dict[str, dict[str, Any]] = {
    "by name": {},
    "by none": {"by": None, "set": "bounding", "share": 0.15},
    "by two": {"by": ["name", "uid_effective"], "least": 3, "share": 0.3},
    "by a flag": {"by": ["no_new_privs"], "set": "ambient", "share": 0.2, "least": 1},
}


def mask(caps: CapSet | None) -> int | None:
    return None if caps is None else caps.mask


def rank(*values: Any) -> tuple[Any, ...]:
    """Order values of which some are not known, which come first."""
    return tuple((value is not None, 0 if value is None else value) for value in values)


# The answers of the library, as they compare.


def prevalence_told(found: Any) -> Any:
    return {int(cap): times for cap, times in found.items()}, found.total, found.missing, found.partly


def rows_told(found: Any) -> Any:
    """Tell the rows of whatever table, in no order."""
    if not isinstance(found, list):
        import narwhals as nw

        found = nw.from_native(found).lazy().collect(backend="pyarrow").to_native().select(list(ROW)).to_pylist()
    else:
        found = [{name: plain(getattr(row, name)) for name in ROW} for row in found]
    for row in found:
        for name in SETS:
            row[name] = None if row[name] is None else int(row[name]) % 2**64
    return sorted((tuple(row.values()) for row in found), key=lambda row: rank(*row))


ROW = ("host", "pid", "start", "name", "uid_effective", "no_new_privs", *SETS, "unread")


def plain(value: Any) -> Any:
    return value.mask if isinstance(value, CapSet) else value


def held_told(held: Any) -> Any:
    if isinstance(held, Row):
        elsewhere = None if held.user_ns is None else held.user_ns != INITIAL
        return (*(plain(getattr(held, name)) for name in STANDING[:-1]), elsewhere, None)
    return None if held is None else tuple(plain(getattr(held, name)) for name in (*STANDING, "contained"))


def rare_told(found: Any) -> Any:
    each = [
        (one.peers, one.caps.mask, one.usual.mask, one.count, one.of, one.hosts, one.example, one.pid)
        for one in found.outliers
    ]
    return each, found.by, found.total, found.alone, found.unread, found.partly


def drift_told(found: Any) -> Any:
    each = [
        (one.name, held_told(one.before), held_told(one.after), one.count, one.hosts, one.host, one.pid)
        for one in found.changes
    ]
    return (
        each,
        (found.same, found.unproven, found.begun, found.ended, found.unsure, found.more),
        (found.unread, found.unread_hosts, found.partly, found.kernel),
        (found.hosts_gone, found.hosts_new),
    )


def beyond_told(found: Any) -> Any:
    each = [
        (
            held_told(one.held),
            one.engine.name,
            one.extra.mask,
            one.match and tuple(one.match.flags),
            one.elsewhere,
            one.count,
            one.hosts,
            one.containers,
            list(one.names.items()),
            one.host,
        )
        for one in found.excesses
    ]
    return each, found.total, found.outside, found.unsure, found.unread, found.partly


# The same by loops.


def prevalence(rows: Sequence[Row], name: str) -> Any:
    held: Counter[int] = Counter()
    total = missing = partly = 0
    for row in rows:
        caps = getattr(row, name)
        if caps is None:
            missing += 1
            continue
        total += 1
        partly += row.unread is not None
        for cap in caps:
            held[int(cap)] += 1
    return dict(sorted(held.items())), total, missing, partly


def who(
    rows: Sequence[Row],
    has: Sequence[Any] = (),
    lacks: Sequence[Any] = (),
    user: int | None = None,
    set: str = "effective",
) -> list[Row]:
    chosen = []
    for row in rows:
        caps = getattr(row, set)
        fits = (
            caps is None
            or row.unread is not None
            or (all(cap in caps for cap in has) and not any(cap in caps for cap in lacks))
        )
        if fits and (user is None or row.uid_effective in {None, user}):
            chosen.append(row)
    return chosen


def rare(
    rows: Sequence[Row],
    by: Any = "name",
    set: str = "effective",
    share: float = 0.05,
    least: int = 10,
) -> Any:
    columns = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    kinds: dict[Any, list[Row]] = {}
    for row in rows:
        if getattr(row, set) is not None:
            kinds.setdefault(tuple(getattr(row, name) for name in columns), []).append(row)
    outliers = []
    alone = 0
    for values, members in kinds.items():
        if len(members) < least:
            alone += len(members)
            continue
        by_mask: dict[int, list[Row]] = {}
        for row in members:
            by_mask.setdefault(getattr(row, set).mask, []).append(row)
        usual = [held for held, those in by_mask.items() if len(those) > share * len(members)]
        if not usual:
            usual = [min(by_mask, key=lambda held: (-len(by_mask[held]), held))]
        for held, those in by_mask.items():
            if held not in usual:
                nearest = min(usual, key=lambda other: ((other ^ held).bit_count(), other))
                hosts = {row.host for row in those}
                peers = dict(zip(columns, values, strict=True))
                outliers.append((peers, held, nearest, len(those), len(members), len(hosts), *first(those)))
    outliers.sort(key=lambda one: (-(one[1] & ~one[2]).bit_count(), one[3] / one[4], str(one[0]), one[1]))
    unread = sum(getattr(row, set) is None for row in rows)
    partly = sum(getattr(row, set) is not None and row.unread is not None for row in rows)
    return outliers, columns, len(rows), alone, unread, partly


def came(one: Any, other: Any) -> int:
    """Count what came in the set in which the most came."""
    if other is None:
        return 0
    pairs = zip(one or [0] * 5, other, range(5), strict=False)
    return max(0 if later is None else (later & ~(held or 0)).bit_count() for held, later, _ in pairs)


def ordered(changes: list[Any]) -> list[Any]:
    return sorted(
        changes,
        key=lambda one: (
            -came(one[1], one[2]),
            -one[3],
            str(one[0]),
            one[5],
            one[0] is None,
            rank(*(one[1] or ())),
            rank(*(one[2] or ())),
        ),
    )


def programs_alone(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.kernel_thread]


def of_both(one: Sequence[Row], other: Sequence[Row]) -> Any:
    hosts = [{row.host for row in rows} for rows in (one, other)]
    both = programs_alone([*one, *other])
    unread = [row for row in both if all(getattr(row, name) is None for name in SETS)]
    partly = sum(row.unread is not None for row in both if row not in unread)
    told = (len(unread), tuple(sorted({row.host for row in unread})), partly, len(one) + len(other) - len(both))
    return told, (tuple(sorted(hosts[0] - hosts[1])), tuple(sorted(hosts[1] - hosts[0])))


def first(rows: Iterable[Row]) -> tuple[str, int | None]:
    """Return the first host and the least pid on it."""
    host = min(row.host for row in rows)
    return host, min((row.pid for row in rows if row.host == host and row.pid is not None), default=None)


def drift_by_process(one: Sequence[Row], other: Sequence[Row]) -> Any:
    seen, hosts = of_both(one, other)
    one, other = programs_alone(one), programs_alone(other)
    sure = [[row for row in rows if None not in {row.pid, row.start}] for rows in (one, other)]
    earlier = {(row.host, row.pid, row.start): row for row in sure[0]}
    same = unproven = 0
    changed: dict[Any, list[Row]] = {}
    for row in sure[1]:
        was = earlier.get((row.host, row.pid, row.start))
        if was is None or (None not in {was.boot, row.boot} and was.boot != row.boot):
            continue
        same += 1
        unproven += None in {was.boot, row.boot}
        moved = None not in {was.contained, row.contained} and was.contained != row.contained
        held, later = ((*held_told(each)[:-1], each.contained if moved else None) for each in (was, row))
        if held != later:
            changed.setdefault((was.name if row.name is None else row.name, held, later), []).append(row)
    told = []
    for (name, held, later), rows in changed.items():
        told.append((name, held, later, len(rows), len({row.host for row in rows}), *first(rows)))
    unsure = len(one) + len(other) - len(sure[0]) - len(sure[1])
    return ordered(told), (same, unproven, len(sure[1]) - same, len(sure[0]) - same, unsure, None), seen, hosts


def drift_by_program(one: Sequence[Row], other: Sequence[Row]) -> Any:
    seen, hosts = of_both(one, other)
    both = {row.host for row in one} & {row.host for row in other}
    one, other = programs_alone(one), programs_alone(other)
    stood: list[dict[Any, dict[Any, list[Row]]]] = [{}, {}]
    for at, rows in enumerate((one, other)):
        for row in rows:
            if row.host in both and any(getattr(row, name) is not None for name in SETS):
                stood[at].setdefault((row.host, row.name), {}).setdefault(held_told(row), []).append(row)
    found: dict[Any, list[Row]] = {}
    more = 0
    for host, name in {**stood[0], **stood[1]}:
        was, now = (those.get((host, name), {}) for those in stood)
        more += sum(max(0, len(now[held]) - len(was[held])) for held in was if held in now)
        gone = sorted((held for held in was if held not in now), key=lambda held: rank(*held))
        new = sorted((held for held in now if held not in was), key=lambda held: rank(*held))
        while gone and new:
            held, later = min(((held, later) for held in gone for later in new), key=lambda pair: apart(*pair))
            found.setdefault((name, held, later), []).extend(now[later])
            gone.remove(held)
            new.remove(later)
        for held in gone:
            found.setdefault((name, held, None), []).extend(was[held])
        for later in new:
            found.setdefault((name, None, later), []).extend(now[later])
    told = [
        (name, held, later, len(on), len({row.host for row in on}), *first(on))
        for (name, held, later), on in found.items()
    ]
    return ordered(told), (None, None, None, None, None, more), seen, hosts


def apart(held: Any, later: Any) -> int:
    sets = sum((a ^ b).bit_count() for a, b in zip(held[:5], later[:5], strict=True) if None not in {a, b})
    return sets + sum(a != b for a, b in zip(held[5:], later[5:], strict=True))


def held_beyond(held: Any, engine: engines.Engine) -> int:
    """Count what is beyond the default in what is held, which the bounding and the inheritable set are not."""
    mask = (held[0] or 0) | (held[1] or 0) | (held[4] or 0)
    return (mask & ~engine.default.mask).bit_count()


def beyond(rows: Sequence[Row], engine: str | None) -> Any:
    inside = [row for row in rows if row.container is not None or row.contained is not False]
    groups: dict[Any, list[Row]] = {}
    for row in inside:
        elsewhere = None if row.user_ns is None else row.user_ns != INITIAL
        held = (*(plain(getattr(row, name)) for name in SETS), row.uid_effective, *[None] * 5)
        key = (*held, elsewhere, row.container is not None, row.engine, row.last_cap)
        groups.setdefault(key, []).append(row)
    told = []
    for key, members in groups.items():
        row, elsewhere = members[0], key[11]
        known = {name: caps for name in SETS if (caps := getattr(row, name)) is not None}
        holds = CapSet().union(*known.values())
        named = engine or (row.engine if row.engine in engines.names() else None)
        if named is None and not any(each.container is not None for each in members):
            named = "docker"
        taken = engines.get(named or "docker")
        match = None
        if named is None or not holds <= taken.default:
            available = CapSet.all(row.last_cap if row.last_cap in range(64) else LAST_CAP)
            uid = row.uid_effective if elsewhere is False and row.uid_effective != 2**32 - 1 else None
            if len(known) == 5:
                found = list(engines.recognise(CapState(**known), uid=uid, available=available))
                if named:
                    match = next((each for each in found if each.engine.name == named), None)
                else:
                    found = [each for each in found if each.engine.default <= DOCKER_DEFAULT]
                    fewest = min((len(each.flags) for each in found), default=0)
                    found = [each for each in found if len(each.flags) == fewest]
                    found.sort(key=lambda each: each.engine.name != "docker")  # the others stay in their order
                    match = next(iter(found), None)
                    taken = match.engine if match else taken
        if not holds - taken.default:
            continue
        names = Counter(each.name or "" for each in members)
        hosts = {each.host for each in members}
        held = (*key[:11], elsewhere, None)
        containers = {each.container for each in members} - {None}
        listed = sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))
        flags = match and tuple(match.flags)
        extra = (holds - taken.default).mask
        counts = (len(members), len(hosts), len(containers))
        told.append(
            (
                (held, taken.name, extra, flags, elsewhere, *counts, listed, min(hosts)),
                rank(*key),
                held_beyond(held, taken),
            )
        )
    told.sort(
        key=lambda one: (
            one[0][7] == 0,
            -one[2],
            -one[0][2].bit_count(),
            -one[0][5],
            one[0][9],
            [name for name, _ in one[0][8]],
            one[1],
        )
    )
    unsure = sum(row.contained is None and row.container is None for row in inside)
    unread = sum(not row.sets for row in inside)
    partly = sum(0 < len(row.sets) < 5 or bool(row.sets and row.unread is not None) for row in inside)
    return [one[0] for one in told], len(inside), len(rows) - len(inside), unsure, unread, partly
