"""Scenes: the surprising rules one by one, each a few steps that a random walk seldom makes in a row."""

from __future__ import annotations

from typing import Any

from capset import Cap, CapSet, FileCaps
from capset.kernel import Executable
from tests.live.puppet import map_text

__all__ = ["SCENES"]

NET_RAW = CapSet(["net_raw"])
ALL = CapSet.all()
ROOT_ALONE = [(0, 0, 1)]


def program(**caps: Any) -> Executable:
    """A program that everybody may execute, with these capabilities."""
    return Executable(caps=FileCaps(**caps))


def make_ambient(walk: Any, caps: CapSet) -> None:
    held = walk.cred.caps
    walk.set_caps(held.effective, held.permitted, held.inheritable | caps)
    for cap in caps:
        walk.raise_ambient(int(cap))


def setpcap_counts_where_it_is_effective(walk: Any) -> None:
    held = walk.cred.caps
    permitted = held.permitted - NET_RAW
    for effective in (permitted - {"setpcap"}, permitted):
        walk.set_caps(effective, permitted, CapSet())
        walk.set_caps(effective, permitted, NET_RAW)  # within the bounding set
        walk.set_caps(permitted, permitted, CapSet())


def setpcap_may_be_dropped_by_the_call_that_needs_it(walk: Any) -> None:
    held = walk.cred.caps
    walk.set_caps(held.effective - NET_RAW, held.permitted - NET_RAW, CapSet())
    walk.set_caps(CapSet(), CapSet(), NET_RAW)


def what_capset_compares(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    held = walk.cred.caps
    walk.set_caps(held.effective, held.permitted - NET_RAW, held.inheritable)  # effective beyond the new permitted
    walk.set_caps(held.effective, held.permitted, CapSet())  # what is no longer inheritable is no longer ambient
    walk.weaken(CapSet(["setpcap"]), False)
    walk.set_caps(CapSet(), CapSet(), NET_RAW)  # within the old permitted set


def files_that_ask_for_too_much(walk: Any) -> None:
    walk.drop(int(Cap.SYS_RESOURCE))
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(program(permitted=["sys_resource", "kill"]), 1)
    walk.execute(program(permitted=["sys_resource", "kill"], effective=True), 1)


def there_and_back(walk: Any) -> None:
    walk.set_bits(1, False)  # NOROOT is about execve
    walk.set_ids("setresuid", (-1, 1000, -1))
    walk.set_caps(NET_RAW, walk.cred.caps.permitted, CapSet())
    walk.set_ids("setresuid", (-1, 0, -1))
    walk.set_ids("setresuid", (1000, 1000, 1000))


def inheritable_is_kept_beyond_the_bounding_set(walk: Any) -> None:
    held = walk.cred.caps
    walk.set_caps(held.effective, held.permitted, NET_RAW)
    walk.drop(int(Cap.NET_RAW))
    walk.set_caps(held.effective, held.permitted, NET_RAW)
    walk.execute(Executable(), 1)  # root gets it back
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(program(inheritable=NET_RAW, effective=True), 1)
    walk.set_caps(CapSet(), CapSet(), CapSet())
    walk.set_caps(CapSet(), CapSet(), NET_RAW)  # and not again


def keepcaps_keeps_permitted_alone(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.keep_caps(1)
    walk.set_ids("setresuid", (1000, 1000, 1000))


def ambient_goes_without_keepcaps_too(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_ids("setresuid", (1000, 1000, 0))  # a saved 0 keeps it
    walk.set_ids("setresuid", (-1, -1, 1000))


def ambient_survives_what_keeps_ids(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_bits(4, False)  # NO_SETUID_FIXUP
    walk.set_groups([50])
    walk.set_ids("setresuid", (1000, 1001, 1001))
    walk.execute(Executable(), 1)
    walk.execute(Executable(uid=1001, mode=0o4755), 1)
    walk.execute(Executable(gid=50, mode=0o2755), 1)
    walk.execute(Executable(uid=1002, mode=0o4755, nosuid=True), 1)
    walk.execute(Executable(gid=1002, mode=0o2745), 1)
    walk.execute(Executable(caps=FileCaps()), 1)  # an empty attribute clears it


def ambient_goes_with_another_user(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_bits(4, False)
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(Executable(uid=1002, mode=0o4755), 1)


def ambient_goes_with_another_group(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_groups([])
    walk.set_bits(4, False)
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.setfsgid(50)  # an ordinary program now changes the group
    walk.execute(Executable(), 1)


def bits_that_the_kernel_lacks(walk: Any) -> None:
    walk.set_caps(CapSet([63]), CapSet(["setuid", 41]), CapSet([50]))
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(program(permitted=["net_raw", 41, 63], effective=True), 1)
    walk.drop(41)
    walk.raise_ambient(63)


def no_new_privs_keeps_ambient(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_bits(4, False)
    walk.set_ids("setresuid", (0, 1000, 1000))
    held = walk.cred.caps
    walk.set_caps(NET_RAW, NET_RAW, held.inheritable)
    walk.no_new_privs(0)
    walk.execute(Executable(mode=0o6755, uid=1001, gid=1001), 1)  # makes euid 0, as root's rule would give more


def no_new_privs_with_file_capabilities(walk: Any) -> None:
    walk.drop(int(Cap.SYS_RESOURCE))
    held = walk.cred.caps
    walk.set_bits(5 | 0x10, False)
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.set_caps(CapSet(), NET_RAW, held.inheritable)
    walk.no_new_privs(0)
    walk.execute(program(permitted=["net_raw", "kill"], effective=True), 1)
    walk.execute(program(permitted=["sys_resource"], effective=True), 1)  # EPERM all the same


def an_id_that_is_the_fs_id_alone(walk: Any) -> None:
    walk.setfsuid(1000)
    walk.weaken(CapSet(["setuid"]), False)
    for name, ids in (("setresuid", (1000, -1, -1)), ("setreuid", (-1, 1000)), ("setuid", (1000,))):
        walk.set_ids(name, ids)
    walk.setfsuid(1001)
    walk.set_ids("setresuid", (-1, -1, -1))
    walk.set_ids("setresuid", (-1, 0, -1))


def which_ids_are_ones_own(walk: Any) -> None:
    walk.set_ids("setresgid", (50, 1000, 1001))
    walk.set_ids("setresuid", (1000, 1001, 1002))
    walk.set_ids("setreuid", (1002, -1))
    walk.set_ids("setuid", (1001,))
    walk.set_ids("setuid", (1002,))
    walk.set_ids("setregid", (1001, -1))
    walk.set_ids("setgid", (1000,))
    walk.set_ids("setgid", (1001,))


def capabilities_for_files_follow_the_fs_id(walk: Any) -> None:
    walk.setfsuid(1000)
    walk.setfsuid(0)
    held = walk.cred.caps
    walk.setfsuid(1000)
    walk.set_caps(CapSet(["setuid"]), held.permitted - {"chown", "mknod"}, CapSet())
    walk.setfsuid(0)
    walk.setfsuid(1000)
    walk.set_ids("setresuid", (-1, 0, -1))  # brings the id back, and not the capabilities


def fs_id_with_another_effective_id(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 0))
    walk.setfsuid(0)


def securebits_and_their_locks(walk: Any) -> None:
    walk.set_bits(0b10, False)  # a lock on a bit that is not set
    for bits in (0b11, 0b00, 0b110, 0x1010, 0x02 | 0x100000000):
        walk.set_bits(bits, False)
    walk.set_bits(0x32, False)
    walk.keep_caps(0)
    walk.keep_caps(1)
    walk.execute(Executable(), 1)  # clears what is locked
    walk.weaken(CapSet(["setpcap"]), True)
    for bits in (int(walk.cred.securebits), 0x122, 0x322, 0x222, 0x022, 0x326):
        walk.set_bits(bits, False)


def ambient_asks_nothing_of_the_effective_set(walk: Any) -> None:
    held = walk.cred.caps
    walk.set_caps(held.effective - NET_RAW, held.permitted, held.inheritable | NET_RAW)
    walk.raise_ambient(int(Cap.NET_RAW))


def no_cap_ambient_raise(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_bits(0x40, False)
    walk.raise_ambient(int(Cap.NET_RAW))
    walk.lower_ambient(int(Cap.NET_RAW))


def root_with_file_capabilities(walk: Any) -> None:
    ping = program(permitted=NET_RAW, effective=True)
    walk.set_ids("setresuid", (0, 1000, 0))
    walk.execute(ping, 1)  # a real 0 is enough for all, and the bit for making it effective
    walk.execute(Executable(uid=1001, mode=0o4755), 1)


def root_is_refused_too(walk: Any) -> None:
    walk.drop(int(Cap.SYS_RESOURCE))
    walk.execute(program(permitted=["sys_resource"]), 1)
    walk.execute(program(permitted=["sys_resource"], effective=True), 1)


def set_user_id_root_with_file_capabilities(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(Executable(mode=0o4755, caps=FileCaps(permitted=NET_RAW)), 1)
    walk.execute(Executable(mode=0o4755, caps=FileCaps()), 1)


def ids_that_differ_and_stay(walk: Any) -> None:
    walk.set_groups([])
    walk.set_ids("setreuid", (1000, 1001))  # the saved id follows
    walk.set_ids("setreuid", (-1, 1000))
    walk.set_ids("setreuid", (1001, -1))
    walk.no_new_privs(0)
    walk.execute(Executable(), 1)


def groups_that_differ(walk: Any) -> None:
    walk.set_ids("setresgid", (1000, 50, 50))
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(Executable(), 1)


def users_that_differ_without_gain(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1001, 1001))
    walk.no_new_privs(0)
    walk.execute(Executable(), 1)


def capabilities_for_another_root(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(Executable(caps=FileCaps(permitted=NET_RAW, effective=True, rootid=1000)), 1)


def a_nosuid_mount(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.execute(Executable(caps=FileCaps(permitted=NET_RAW, effective=True), nosuid=True), 1)
    walk.execute(Executable(mode=0o6755, nosuid=True), 1)


def without_root(walk: Any) -> None:
    walk.set_bits(3, False)
    walk.execute(program(permitted=NET_RAW), 1)
    walk.execute(Executable(), 1)


def who_may_execute(walk: Any) -> None:
    for mode in (0o600, 0o601, 0o670, 0o001):
        walk.execute(Executable(mode=mode, uid=1001, gid=1001), 1)
    walk.weaken(CapSet(["dac_override"]), False)
    for mode in (0o070, 0o701, 0o100):
        walk.execute(Executable(mode=mode), 1)


def scripts(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 1000))
    for mode in (0o755, 0o6755, 0o700, 0o644):
        walk.execute(Executable(), 0, mode)
    walk.execute(Executable(mode=0o700), 0, 0o755)


def unmapped_owners(walk: Any) -> None:
    walk.unshare(0)
    walk.execute(Executable(), 1)
    walk.write_large_map("uid", 65535)
    walk.write_map_from_outside("gid", 0, 1)
    walk.execute(Executable(), 1)  # now there is a root, which gets everything back
    walk.execute(Executable(uid=1001, gid=50, mode=0o700), 1)  # CAP_DAC_OVERRIDE is not over an unmapped group
    walk.execute(Executable(uid=1001, gid=0, mode=0o700), 1)
    walk.execute(Executable(uid=1001, gid=50, mode=0o4755), 1)
    walk.execute(Executable(uid=1001, gid=0, mode=0o4755), 1)


def whose_capabilities_count_inside(walk: Any) -> None:
    walk.set_ids("setresgid", (50, 50, 50))
    walk.set_ids("setresuid", (1001, 1001, 1001))
    walk.unshare(0)
    walk.write_own_map("uid", 0, True)
    for rootid in (0, 1001, 1000):
        walk.execute(Executable(caps=FileCaps(permitted=NET_RAW, rootid=rootid)), 1)
    walk.set_caps(CapSet(), CapSet(), CapSet())
    for rootid in (0, 1001, 1000):
        walk.execute(Executable(caps=FileCaps(permitted=NET_RAW, effective=True, rootid=rootid)), 1)


def what_a_thread_may_map_itself(walk: Any) -> None:
    walk.unshare(0)
    walk.write("write_uid_map", "0 0 0\n", True, [(0, 0, 0)])
    walk.write("write_uid_map", "0 0 2\n1 5 2\n", True, [(0, 0, 2), (1, 5, 2)])
    walk.write("write_uid_map", "0 0 2\n", True, [(0, 0, 2)])
    walk.write_own_map("gid", 0, True)  # setgroups is not denied yet
    walk.write_own_map("uid", 0, True)
    walk.write_own_map("uid", 0, True)
    walk.write_setgroups("deny", True)
    walk.write_setgroups("allow", True)
    walk.write_own_map("gid", 0, True)
    walk.set_groups([0])
    walk.unshare(0)
    walk.write_setgroups("allow", True)  # denied further out is denied here
    walk.write_large_map("gid", 1)  # the one outside is in no place to write it


def maps_of_many_lines(walk: Any) -> None:
    walk.unshare(0)
    for count in (341, 6):  # of one too many, and of more than Linux had before 4.15
        asked = [(number, number, 1) for number in range(count)]
        walk.write("write_uid_map", map_text(asked), False, asked)
    walk.set_ids("setresuid", (5, 5, 5))


def as_deep_as_it_goes(walk: Any) -> None:
    for _ in range(34):
        walk.unshare(0)  # the last one is refused
        walk.write_setgroups("deny", True)
        for name in ("uid", "gid"):
            walk.write_own_map(name, 0, True)


def root_without_setfcap(walk: Any) -> None:
    walk.weaken(CapSet(["setfcap"]), False)
    walk.unshare(0)
    walk.write_own_map("uid", 0, True)
    walk.write_large_map("uid", 1)
    walk.execute(Executable(), 1)


def what_is_written_from_outside(walk: Any) -> None:
    walk.set_groups([50, 1001])
    walk.unshare(0)
    walk.unshare(0)  # its own ids are not mapped
    walk.set_groups([])
    walk.set_ids("setresuid", (0, 0, 0))
    walk.write_large_map("uid", 65535)
    walk.write_large_map("gid", 65535)
    walk.write_setgroups("deny", False)
    walk.set_groups([0, 7])
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.unshare(0)
    walk.write_map_from_outside("uid", 1000, 1)


def all_answers_about_ids(walk: Any) -> None:
    for cap in (5, 41):
        walk.lower_ambient(cap)
    walk.clear_ambient(0)
    walk.keep_caps(2)
    walk.setfsgid(50)
    walk.set_groups([-1])
    for name in ("uid", "gid"):
        for count, call in ((3, f"setres{name}"), (2, f"setre{name}"), (1, f"set{name}")):
            walk.set_ids(call, (0,) * count)
    walk.unshare(0)
    for name in ("uid", "gid"):
        for count, call in ((3, f"setres{name}"), (2, f"setre{name}"), (1, f"set{name}")):
            walk.set_ids(call, (70000,) * count)
    walk.set_groups([0])
    walk.write("write_gid_map", "0 0 0\n", False, [(0, 0, 0)])
    walk.write_setgroups("maybe", True)
    walk.weaken(CapSet(["sys_admin"]), False)
    walk.write_setgroups("deny", True)
    walk.write_own_map("uid", 0, True)


def without_any_right(walk: Any) -> None:
    walk.set_ids("setresuid", (1000, 1000, 1000))
    walk.drop(5)
    walk.raise_ambient(5)
    walk.raise_ambient(41)
    walk.set_groups([])
    walk.set_ids("setregid", (50, -1))
    for name in ("uid", "gid"):
        for count, call in ((3, f"setres{name}"), (2, f"setre{name}"), (1, f"set{name}")):
            walk.set_ids(call, (1001,) * count)


def a_namespace_frees_locked_securebits(walk: Any) -> None:
    make_ambient(walk, NET_RAW)
    walk.set_bits(0xFF, False)
    walk.no_new_privs(0)
    walk.unshare(0)
    walk.write_large_map("uid", 65535)
    walk.execute(program(permitted=ALL, effective=True), 1)


SCENES = [
    setpcap_counts_where_it_is_effective,
    setpcap_may_be_dropped_by_the_call_that_needs_it,
    what_capset_compares,
    files_that_ask_for_too_much,
    there_and_back,
    inheritable_is_kept_beyond_the_bounding_set,
    keepcaps_keeps_permitted_alone,
    ambient_goes_without_keepcaps_too,
    ambient_survives_what_keeps_ids,
    ambient_goes_with_another_user,
    ambient_goes_with_another_group,
    bits_that_the_kernel_lacks,
    no_new_privs_keeps_ambient,
    no_new_privs_with_file_capabilities,
    an_id_that_is_the_fs_id_alone,
    which_ids_are_ones_own,
    capabilities_for_files_follow_the_fs_id,
    fs_id_with_another_effective_id,
    securebits_and_their_locks,
    ambient_asks_nothing_of_the_effective_set,
    no_cap_ambient_raise,
    root_with_file_capabilities,
    root_is_refused_too,
    set_user_id_root_with_file_capabilities,
    ids_that_differ_and_stay,
    groups_that_differ,
    users_that_differ_without_gain,
    capabilities_for_another_root,
    a_nosuid_mount,
    without_root,
    who_may_execute,
    scripts,
    unmapped_owners,
    whose_capabilities_count_inside,
    what_a_thread_may_map_itself,
    maps_of_many_lines,
    as_deep_as_it_goes,
    root_without_setfcap,
    what_is_written_from_outside,
    all_answers_about_ids,
    without_any_right,
    a_namespace_frees_locked_securebits,
]
