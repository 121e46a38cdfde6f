"""Deliberately wrong rules: each a plausible misreading of the man page or of the kernel."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MUTATIONS", "Mutation"]


class Mutation(NamedTuple):
    """A wrong rule: in a module of capset.kernel, what is right and what stands there instead."""

    name: str
    module: str
    right: str
    wrong: str


MUTATIONS = [
    Mutation(name, module, right, wrong)
    for module, rows in {
        "execution": [
            ("set-id is about the real id", 'draft.rules.set_id == "not real"', 'draft.rules.set_id != "not real"'),
            (
                "a group of the list counts as a change",
                "not old.in_group(draft.gids.effective)",
                "draft.gids.effective != old.gids.effective",
            ),
            ("set-group-ID changes nothing", "    elif not old.in_group(draft.gids.effective):\n", "    elif False:\n"),
            (
                "an empty attribute is none",
                "    if file.caps is None:",
                "    if not file.caps or not (file.caps.permitted | file.caps.inheritable):",
            ),
            (
                "any root id counts",
                "elif not any(namespace.is_root(file.caps.rootid) for namespace in draft.old.user_ns.ancestors):",
                "elif False:",
            ),
            (
                "a root id counts in its own namespace only",
                "in draft.old.user_ns.ancestors)",
                "in [draft.old.user_ns])",
            ),
            (
                "file capabilities count with nosuid",
                '    elif file.nosuid:\n        draft.withhold("permitted"',
                '    elif False:\n        draft.withhold("permitted"',
            ),
            ("set-id counts with nosuid", "    if file.nosuid:\n", "    if False:\n"),
            (
                "set-id counts with no_new_privs",
                "    if draft.no_new_privs:\n",
                "    if False:\n",
            ),
            (
                "the owner alone must be mapped",
                "(ns.has_uid(file.uid) and ns.has_gid(file.gid))",
                "ns.has_uid(file.uid)",
            ),
            ("unmapped owners count", "if not (ns.has_uid(file.uid) and ns.has_gid(file.gid)):", "if False:"),
            (
                "bits that the kernel lacks count",
                "caps.permitted & supported, caps.inheritable & supported",
                "caps.permitted, caps.inheritable",
            ),
            (
                "the bounding set does not limit the file",
                'draft.give("permitted", permitted & old.bounding, "file"',
                'draft.give("permitted", permitted, "file"',
            ),
            (
                "the file's inheritable set is not looked at",
                'draft.give("permitted", inheritable & old.inheritable, "file"',
                'draft.give("permitted", old.inheritable, "file"',
            ),
            (
                "inheritable is limited by the bounding set",
                'draft.give("permitted", inheritable & old.inheritable, "file"',
                'draft.give("permitted", inheritable & old.inheritable & old.bounding, "file"',
            ),
            ("no EPERM for the effective bit", "    if lacking and caps.effective:", "    if False:"),
            ("EPERM without the effective bit", "    if lacking and caps.effective:", "    if lacking:"),
            (
                "root is not refused",
                "    if lacking and caps.effective:",
                "    if lacking and caps.effective and not _is_root(draft, draft.uids.effective):",
            ),
            ("root by the effective id alone", "    if not (effective or real):", "    if not effective:"),
            ("NOROOT does nothing", "    elif draft.securebits & Securebits.NOROOT:", "    elif False:"),
            (
                "set-user-ID root beside file capabilities gives all",
                "    elif caps is not None and not real:",
                "    elif False:",
            ),
            (
                "root with file capabilities gets the file's alone",
                "    elif caps is not None and not real:",
                "    elif caps is not None:",
            ),
            (
                "root gets the bounding set alone",
                'draft.give("permitted", old.inheritable, "root"',
                'draft.give("permitted", old.inheritable & old.bounding, "root"',
            ),
            (
                "real root makes all effective",
                "all_effective = all_effective or _is_root(draft, draft.uids.effective)",
                "all_effective = True",
            ),
            ("no_new_privs limits nothing", "    if draft.no_new_privs and (", "    if False and ("),
            (
                "no_new_privs always takes ids back",
                'draft.no_new_privs and (change or not draft["permitted"] <= draft.old.caps.permitted)',
                "draft.no_new_privs",
            ),
            ("no_new_privs leaves ids alone", "    draft.uids = with_id(draft.uids, effective=draft.uids.real)\n", ""),
            (
                "no_new_privs clears ambient",
                'draft.take("permitted", beyond, "no-new-privs"',
                'draft.take("ambient", EVERY, "no-new-privs", "")\n    draft.take("permitted", beyond, "no-new-privs"',
            ),
            (
                "the saved id stays",
                "draft.uids = with_id(draft.uids, saved=draft.uids.effective, fs=draft.uids.effective)",
                "draft.uids = with_id(draft.uids, fs=draft.uids.effective)",
            ),
            (
                "the fs group id stays",
                "draft.gids = with_id(draft.gids, saved=draft.gids.effective, fs=draft.gids.effective)",
                "draft.gids = with_id(draft.gids, saved=draft.gids.effective)",
            ),
            ("a file with capabilities keeps ambient", "    if has_caps:", "    if False:"),
            ("a change of ids keeps ambient", "    elif change:", "    elif False:"),
            ("ambient is not permitted", 'draft.give("permitted", ambient, "ambient", "it is ambient")', "pass"),
            (
                "ambient is not effective",
                'draft.give("effective", draft["ambient"], "effective", "what is ambient is effective")',
                "pass",
            ),
            ("keepcaps outlives execve", "    draft.securebits &= ~Securebits.KEEP_CAPS", "    pass"),
            (
                "keepcaps that is locked outlives execve",
                "    draft.securebits &= ~Securebits.KEEP_CAPS",
                "    draft.securebits &= ~Securebits.KEEP_CAPS | Securebits((draft.securebits & Securebits.KEEP_CAPS_LOCKED) >> 1)",
            ),
            (
                "AT_SECURE by permitted alone",
                '    if all_effective:\n        return "the file\'s effective bit is set"\n',
                "",
            ),
            ("AT_SECURE for root too", '    if _is_root(draft, draft.uids.real):\n        return ""\n', ""),
            (
                "AT_SECURE not by the group",
                '    if draft.uids.effective != old.uids.real or draft.gids.effective != old.gids.real:\n        return "an',
                '    if draft.uids.effective != old.uids.real:\n        return "an',
            ),
            (
                "a script need not be executable",
                "        _check_executable(draft, file.script)\n",
                "",
            ),
            (
                "the owner's bit is anybody's",
                "        allowed = file.mode & 0o100",
                "        allowed = file.mode & 0o111",
            ),
            (
                "CAP_DAC_OVERRIDE executes anything",
                "if file.mode & 0o111 and ids_are_mapped and",
                "if ids_are_mapped and",
            ),
            (
                "CAP_DAC_OVERRIDE over unmapped owners",
                "if file.mode & 0o111 and ids_are_mapped and",
                "if file.mode & 0o111 and",
            ),
        ],
        "credentials": [
            (
                "set-group-ID without execute by the group",
                "return self.mode & 0o2010 == 0o2010",
                "return bool(self.mode & 0o2000)",
            ),
            (
                "files go by the effective group",
                "return gid == self.gids.fs or gid in self.groups",
                "return gid == self.gids.effective or gid in self.groups",
            ),
        ],
        "adjusting": [
            (
                "unknown bits are an error",
                '"effective": CapSet(effective) & supported',
                '"effective": CapSet(effective)',
            ),
            (
                "SETPCAP by permitted",
                "if beyond and not draft.old.capable(Cap.SETPCAP):",
                "if beyond and Cap.SETPCAP not in old.permitted:",
            ),
            (
                "SETPCAP lifts the bounding limit too",
                'if beyond := asked["inheritable"] - old.inheritable - old.bounding:',
                'if not draft.old.capable(Cap.SETPCAP) and (beyond := asked["inheritable"] - old.inheritable - old.bounding):',
            ),
            (
                "inheritable within the new permitted",
                'beyond = asked["inheritable"] - old.inheritable - old.permitted',
                'beyond = asked["inheritable"] - old.inheritable - asked["permitted"]',
            ),
            (
                "effective within the old permitted",
                'if beyond := asked["effective"] - asked["permitted"]:',
                'if beyond := asked["effective"] - old.permitted:',
            ),
            (
                "ambient follows permitted alone",
                'asked["permitted"] & asked["inheritable"])\n    draft.take("ambient"',
                'asked["permitted"])\n    draft.take("ambient"',
            ),
            (
                "dropping from bounding needs nothing",
                '    draft.needs(Cap.SETPCAP, "bounding-drop", "dropping from the bounding set")\n',
                "",
            ),
            (
                "dropping from bounding takes permitted too",
                '"asked", "prctl(2) asks for it to be dropped")',
                '"asked", "prctl(2) asks for it to be dropped")\n    draft.take("permitted", draft["permitted"] - draft["bounding"], "asked", "")',
            ),
            (
                "ambient needs effective",
                'for name in ("permitted", "inheritable"):',
                'for name in ("permitted", "inheritable", "effective"):',
            ),
            (
                "ambient needs no inheritable",
                'for name in ("permitted", "inheritable"):',
                'for name in ("permitted",):',
            ),
            (
                "NO_CAP_AMBIENT_RAISE does nothing",
                "    if draft.securebits & Securebits.NO_CAP_AMBIENT_RAISE:",
                "    if False:",
            ),
            (
                "a lock holds set bits alone",
                "Securebits(draft.securebits.locked & changed)",
                "Securebits(draft.securebits.locked & changed & old)",
            ),
            (
                "locks can be taken back",
                "if unlocked := Securebits(old & _FLAGS.lock & changed):",
                "if unlocked := Securebits(0):",
            ),
            ("the EXEC_ bits need CAP_SETPCAP", "only_unprivileged = changed and", "only_unprivileged = False and"),
            (
                "a non-change needs nothing",
                "only_unprivileged = changed and not changed &",
                "only_unprivileged = not changed &",
            ),
            ("keepcaps ignores its lock", "    if draft.securebits & Securebits.KEEP_CAPS_LOCKED:", "    if False:"),
            ("keepcaps takes any number", "    if on not in {0, 1}:", "    if False:"),
        ],
        "identity": [
            (
                "setresuid always sets the fs id",
                "    if _nothing_changes(draft, draft.uids, real, effective, saved):\n        return\n",
                "",
            ),
            (
                "the fs id is one's own",
                "_check_own(draft, uid, draft.uids[:3], Cap.SETUID)",
                "_check_own(draft, uid, draft.uids, Cap.SETUID)",
            ),
            (
                "setreuid takes the saved id for the real one",
                "_check_own(draft, real, old[:2], Cap.SETUID)",
                "_check_own(draft, real, old[:3], Cap.SETUID)",
            ),
            (
                "setuid takes the effective id",
                "(draft.uids.real, draft.uids.saved), Cap.SETUID)",
                "draft.uids[:3], Cap.SETUID)",
            ),
            (
                "setreuid leaves the saved id alone",
                "_replace(saved=ids.effective if saved else ids.saved, fs",
                "_replace(fs",
            ),
            (
                "keepcaps keeps ambient",
                '    draft.take("ambient", draft["ambient"], "no-zero-left", why)\n    if draft.securebits & Securebits.KEEP_CAPS:\n',
                '    if not draft.securebits & Securebits.KEEP_CAPS:\n        draft.take("ambient", draft["ambient"], "no-zero-left", why)\n    else:\n',
            ),
            (
                "keepcaps does nothing",
                "    if draft.securebits & Securebits.KEEP_CAPS:\n        draft.give",
                "    if False:\n        draft.give",
            ),
            (
                "keepcaps keeps effective",
                "    if is_root(old.effective) and not is_root(uids.effective):",
                "    if is_root(old.effective) and not is_root(uids.effective) and not draft.securebits & Securebits.KEEP_CAPS:",
            ),
            (
                "a saved 0 does not count",
                "    if any(map(is_root, old[:3])):\n        if any(map(is_root, uids[:3])):",
                "    if any(map(is_root, old[:2])):\n        if any(map(is_root, uids[:2])):",
            ),
            (
                "the fs id 0 counts",
                "        if any(map(is_root, uids[:3])):",
                "        if any(map(is_root, uids[:3])) or is_root(old.fs):",
            ),
            (
                "effective stays on the way back to 0",
                '        draft.compute("effective")\n        draft.give("effective", draft["permitted"], "euid-becomes-zero", "the effective user id became 0")\n',
                "        pass\n",
            ),
            (
                "NO_SETUID_FIXUP does nothing",
                "    if not draft.securebits & Securebits.NO_SETUID_FIXUP:",
                "    if True:",
            ),
            (
                "NOROOT is as NO_SETUID_FIXUP",
                "    if not draft.securebits & Securebits.NO_SETUID_FIXUP:",
                "    if not draft.securebits & (Securebits.NO_SETUID_FIXUP | Securebits.NOROOT):",
            ),
            ("LINUX_IMMUTABLE is not for files", ', "linux_immutable"]', "]"),
            ("setfsuid gives what is not permitted", '_FOR_FILES & draft["permitted"], "fsuid', '_FOR_FILES, "fsuid'),
            (
                "setfsuid may take any id",
                "    elif found not in own and not draft.old.capable(cap):",
                "    elif False:",
            ),
            ("setgroups without a map", "setgroups_file and not namespace.gid_map:", "setgroups_file and False:"),
            (
                "setgroups although denied",
                'setgroups_file and namespace.setgroups == "deny":',
                "setgroups_file and False:",
            ),
        ],
        "userns": [
            (
                "a new namespace keeps the bounding set",
                '("permitted", "effective", "bounding"):',
                '("permitted", "effective"):',
            ),
            (
                "a new namespace keeps ambient",
                'for name in ("inheritable", "ambient"):',
                'for name in ("inheritable",):',
            ),
            ("a new namespace keeps securebits", "    draft.securebits = Securebits(0)\n", ""),
            ("an unmapped maker may make one", "        if not mapped:\n", "        if False:\n"),
            ("setgroups is allowed anew", "        setgroups=parent.setgroups,\n", ""),
            ("a map may be written twice", "    if getattr(namespace, name):\n", "    if False:\n"),
            ("an ancestor may write", "    if writer.user_ns not in (namespace, parent):", "    if False:"),
            (
                "the parent's 0 may be mapped by anybody",
                "    if writer.user_ns == namespace and not namespace.parent_could_setfcap:",
                "    if False:",
            ),
            (
                "one's own group needs no deny",
                '    if not (alone and (namespace.setgroups == "deny" or not draft.rules.setgroups_file)):',
                "    if not alone:",
            ),
            (
                "the parent need not map",
                "        if outside is None:\n",
                "        outside = extent.outside if outside is None else outside\n        if outside is None:\n",
            ),
            ("deny after the map", '    if word == "deny" and namespace.gid_map:', "    if False:"),
            ("allow after deny", '    if word == "allow" and namespace.setgroups == "deny":', "    if False:"),
        ],
        "namespaces": [
            (
                "extents may overlap",
                "                if mine < theirs + other.size and theirs < mine + extent.size:",
                "                if False:",
            ),
            ("an extent may be empty", "if extent.size == 0 or max", "if max"),
        ],
    }.items()
    for name, right, wrong in rows
]
