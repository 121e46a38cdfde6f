r"""The configuration files of engines: ``containers.conf``, ``crio.conf``, and the ``allow_caps`` of a Nomad agent.

:func:`read` takes the text of the file of an engine; each of the others takes a parsed file, as ``tomllib.loads()``
gives it. All return the engine as the file sets it. Where an engine reads several files, they are read in the same
order, each for what the one before gave. What a file does not set stays as it was; what would change containers in a
way that an :class:`~capset.engines.Engine` cannot say is an error.

Examples:
    >>> import tomllib
    >>> from capset.formats import configuration
    >>> conf = tomllib.loads('[containers]\ndefault_capabilities = ["CHOWN", "NET_RAW"]')
    >>> print(configuration.from_containers_conf(conf).default)
    CAP_CHOWN,CAP_NET_RAW
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tomllib import loads
from typing import Any, Literal

from attrs import evolve

from capset import engines
from capset.bounds import bounded
from capset.engines import Engine
from capset.engines.alias import plain
from capset.engines.spelling import SPELLINGS, Spelling
from capset.errors import ArgumentError, DocumentError, FormatError, require, shown
from capset.formats.document import Node
from capset.sets import CapSet

__all__ = ["from_containers_conf", "from_crio_conf", "from_nomad", "read"]

_CONTAINERS = Spelling(prefix="optional", all="")  # ALL becomes CAP_ALL, which is no capability
_CRI_O = Spelling(prefix="refused", all="")  # checked with CAP_ in front, whatever is there

_DEFAULT = "default_capabilities"
_INHERITABLE = "add_inheritable_capabilities"

# Under these, who a container's first process is by default is not the image's to say.
_OWN_USER = ("keep-id", "nomap")

# The tables of each file, and the keys of Nomad's. A file with none of them is another program's.
_TABLES = ("containers", "engine", "machine", "network", "secrets", "configmaps", "farms", "podmansh")
_OF_CRI_O = ("api", "runtime", "checkpoint_restore", "image", "network", "metrics", "tracing", "stats", "nri")
_OF_NOMAD = (
    *("plugin", "client", "server", "region", "datacenter", "name", "data_dir", "plugin_dir", "bind_addr", "ports"),
    *("addresses", "advertise", "rpc", "acl", "tls", "ui", "consul", "vault", "telemetry", "sentinel", "autopilot"),
    *("limits", "audit", "reporting", "keyring", "eventlog", "users", "http_api_response_headers"),
    *("enable_debug", "enable_syslog", "syslog_facility", "log_level", "log_json", "log_file", "log_include_location"),
    *("log_rotate_duration", "log_rotate_bytes", "log_rotate_max_files", "leave_on_interrupt", "leave_on_terminate"),
    *("disable_update_check", "disable_anonymous_signature"),
)

_DRIVERS = {"docker": "nomad-docker", "exec": "nomad", "java": "nomad"}
_CALLED: dict[str, Literal["java"]] = {"nomad-java": "java"}  # of two drivers that are one engine, the other
_PLUGINS = (*_DRIVERS, "raw_exec", "qemu")
_PLUGIN_CONFIG = ("allow_caps", "allow_privileged", "allow_runtimes", "allowed_modes")


def read(text: str | bytes, engine: Engine, *, source: str = "", called: str = "") -> Engine:
    r"""Read the configuration file of an engine, and return the engine as it is set there.

    Args:
        text: What is in the file, as str or as bytes in UTF-8: TOML, or for Nomad JSON.
        engine: The engine that reads it: Podman or Buildah (``containers.conf``), CRI-O (``crio.conf``), or one of
            Nomad's drivers, of which ``nomad`` stands for exec.
        source: The name of the file, for errors, and for the name of the engine as it sets it.
        called: What the engine is called, where that says more than the engine: ``"nomad-java"`` is the driver java.

    Returns:
        The engine as it is set; itself where the file sets nothing of it.

    Raises:
        ArgumentError: There is no reader for the file of that engine.
        DocumentError: The text is no TOML, or no JSON.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
        FormatError: As of the readers of parsed files.

    Examples:
        >>> from capset import engines
        >>> from capset.formats import configuration
        >>> text = '[crio.runtime]\ndefault_capabilities = ["KILL"]'
        >>> print(configuration.read(text, engines.get("cri-o")).default)
        CAP_KILL
    """
    require(text, str | bytes, "the text of a configuration file as str or bytes")
    require(engine, Engine, "an Engine, such as engines.get() returns")
    if engine.name not in _READERS:
        known = ", ".join(_READERS)
        raise ArgumentError(f"expected an engine with a file that is read here, {known}, got {engine!r}", engine)
    bounded(text, source)
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        document: Any = json.loads(decoded) if engine.name in _DRIVERS.values() else loads(decoded)
    except (ValueError, RecursionError) as error:  # those of UTF-8, of tomllib and of json are ValueErrors
        raise DocumentError(source, None, f"the configuration of {engine} cannot be parsed: {error}") from None
    try:
        driver = _CALLED.get(plain(called))
        configured = (
            from_nomad(document, driver=driver, engine=engine) if driver else _READERS[engine.name](document, engine)
        )
    except FormatError as error:
        raise FormatError(error.place, error.value, error.expected, source) from None
    if configured.setting is None or configured is engine:
        return engine
    return configured._as_set(evolve(configured.setting, source=source))


def from_containers_conf(document: Mapping[str, object], *, engine: Engine | None = None) -> Engine:
    """Read a ``containers.conf``: ``[containers] default_capabilities``.

    An entry ``{append=true}`` in the list adds the rest to what there was.

    Args:
        document: The parsed file.
        engine: The engine that reads it, Podman or Buildah: the newest Podman if not given.

    Raises:
        FormatError: A name is no capability, or something does not have the shape of such a file, such as one without
            any of its tables; or it makes every container a privileged one, or one of another user
            (``userns = "keep-id"``), which is to be asked of the engine instead.

    Source:
        containers.conf(5); ``common/pkg/config/config.go`` and ``storage/pkg/configfile/slice.go`` of
        containers/container-libs at f0ddf1a745bb.

    Examples:
        >>> from capset.formats import configuration
        >>> more = {"containers": {"default_capabilities": ["NET_RAW", {"append": True}]}}
        >>> len(configuration.from_containers_conf(more).default)
        12
    """
    engine = _engine(engine, *_CONTAINERS_CONF)
    root = _root(document)
    containers = root["containers"]
    _check_keys(root, (_DEFAULT,), "containers")
    _check_tables(root, _TABLES, engine)
    _check_keys(containers, (_DEFAULT,))
    if containers["privileged"].truth():
        raise containers["privileged"].error(
            "false, as with true every container is a privileged one: leave it out, and ask the engine for "
            "privileged=True"
        )
    if containers["userns"].text().partition(":")[0] in _OWN_USER:
        raise containers["userns"].error(
            "one that leaves the user to the image, as with this one it is the user who runs Podman: leave it out, and "
            "ask the engine with that uid="
        )
    listed = containers[_DEFAULT]
    if listed.value is None:
        return engine
    caps = _caps((node for node in listed if not isinstance(node.value, Mapping)), _CONTAINERS)
    return engine.with_default(caps | engine.default if _appends(listed) else caps)


def from_crio_conf(document: Mapping[str, object], *, engine: Engine | None = None) -> Engine:
    """Read a ``crio.conf``, or a file of ``crio.conf.d``.

    Under ``[crio.runtime]`` these are ``default_capabilities`` and ``add_inheritable_capabilities``.

    Args:
        document: The parsed file.
        engine: The engine that reads it: the newest CRI-O if not given.

    Raises:
        FormatError: A name is no capability, as CRI-O 1.18 and later check before they start (without ``CAP_``), or
            something does not have the shape of such a file.

    Source:
        crio.conf(5); ``internal/config/capabilities/capabilities_linux.go`` and
        ``internal/factory/container/container.go``, and ``pkg/config/config.go`` of cri-o/cri-o at f954a17e505f.

    Examples:
        >>> from capset.formats import configuration
        >>> runtime = {"default_capabilities": ["CHOWN", "KILL"], "add_inheritable_capabilities": True}
        >>> crio = configuration.from_crio_conf({"crio": {"runtime": runtime}})
        >>> print(crio.container(uid=1000).inheritable)
        CAP_CHOWN,CAP_KILL
    """
    engine = _engine(engine, "cri-o")
    root = _root(document)
    runtime = root.at("crio", "runtime")
    for table in (root, root["crio"]):
        _check_keys(table, (_DEFAULT, _INHERITABLE), "crio.runtime")
    _check_tables(root, ("crio",), engine)
    _check_tables(root["crio"], _OF_CRI_O)
    _check_keys(runtime, (_DEFAULT, _INHERITABLE))
    if runtime[_DEFAULT].value is None and runtime[_INHERITABLE].value is None:
        return engine
    caps = engine.default if runtime[_DEFAULT].value is None else _caps(runtime[_DEFAULT], _CRI_O)
    inheritable = None if runtime[_INHERITABLE].value is None else runtime[_INHERITABLE].truth()
    return engine.with_default(caps, inheritable=inheritable)


def from_nomad(
    document: Mapping[str, object] | Sequence[object],
    *,
    driver: Literal["docker", "exec", "java"] = "docker",
    engine: Engine | None = None,
) -> Engine:
    """Read the configuration of a Nomad agent: ``allow_caps`` of a driver's plugin.

    A task may add what is allowed, and gets by default what is both allowed and in the default: Nomad's own for exec
    and java, that of Docker, with ``NET_RAW``, for docker. ``allow_privileged`` allows tasks to ask for ``privileged``,
    and does nothing by itself.

    Args:
        document: The parsed file: of JSON by ``json.loads()``, of HCL by python-hcl2.
        driver: ``"docker"``, ``"exec"`` or ``"java"``.
        engine: The engine that is configured, ``nomad-docker`` or ``nomad``: the newest if not given.

    Raises:
        FormatError: A name is no capability, or something does not have the shape of such a file.
        ArgumentError: There is no such driver; or the engine is of before 1.0.5, and what is allowed lacks some of
            its default: it refuses such tasks where later ones drop that.

    Source:
        ``drivers/shared/capabilities/defaults.go``, ``drivers/docker/config.go`` and ``command/agent/config.go`` of
        hashicorp/nomad at aa026cc99cfb.

    Examples:
        >>> from capset.formats import configuration
        >>> agent = {"plugin": {"docker": {"config": {"allow_caps": ["chown", "net_raw", "net_admin"]}}}}
        >>> nomad = configuration.from_nomad(agent)
        >>> print(nomad.default, nomad.resolve(add=["net_admin"], drop=["all"]))
        CAP_CHOWN,CAP_NET_RAW CAP_NET_ADMIN
    """
    if not isinstance(driver, str) or driver not in _DRIVERS:
        raise ArgumentError(f"expected a driver, {', '.join(map(repr, _DRIVERS))}, got {shown(driver)}", driver)
    engine = _engine(engine, _DRIVERS[driver])
    for agent in _blocks(Node(document)):
        _check_tables(agent, _OF_NOMAD, engine)
    listed = _allow_caps(Node(document), driver)
    if listed is None:
        return engine
    allowed = _caps(listed, SPELLINGS["nomad"])
    default = engines.get("docker" if driver == "docker" else "nomad").default
    lacks = default - allowed
    if lacks and engine.setting is None and "net_raw" in engine.default:  # which it had before 1.0.5
        reason = f"{engine} before 1.0.5 refuses every task that does not drop what is not allowed: {lacks}"
        raise ArgumentError(reason, engine)
    return engine.with_default(default & allowed, allowed=allowed)


_CONTAINERS_CONF = ("podman", "podman-packaged", "buildah")
_READERS: dict[str, Callable[[Any, Engine], Engine]] = {
    **dict.fromkeys(_CONTAINERS_CONF, lambda document, engine: from_containers_conf(document, engine=engine)),
    "cri-o": lambda document, engine: from_crio_conf(document, engine=engine),
    "nomad": lambda document, engine: from_nomad(document, driver="exec", engine=engine),
    "nomad-docker": lambda document, engine: from_nomad(document, engine=engine),
}


def _engine(engine: Engine | None, *names: str) -> Engine:
    """Return the engine that reads a file, by default the newest of the first name."""
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    if engine is None:
        return engines.get(names[0])
    if engine.name not in names:
        raise ArgumentError(f"expected an engine that reads this file, {' or '.join(names)}, got {engine!r}", engine)
    return engine


def _root(document: object) -> Node:
    require(document, Mapping, "a parsed file, such as tomllib.loads() returns")
    return Node(document)


def _check_keys(table: Node, keys: Sequence[str], belongs: str = "") -> None:
    """Refuse a key that its engine would pass over: one that is misspelt, or stands outside its table."""
    if belongs and (found := [key for key in keys if key in table]):
        raise table[found[0]].error(f"it under [{belongs}], as it is passed over here")
    for node, meant in () if belongs else table.strange_keys(keys, close_only=True):
        raise node.error(f"no such key ({meant})")


def _check_tables(root: Node, tables: Sequence[str], engine: Engine | None = None) -> None:
    """Refuse a table that is passed over as it is misspelt, and, of an engine, a file that is another program's."""
    for node, meant in root.strange_keys(tables, close_only=True):
        raise node.error(f"no such table ({meant})")
    keys = root.mapping()
    if engine is not None and keys and not any(name in keys for name in tables):
        named = ", ".join(tables[:3]) + (" and more" if len(tables) > 3 else "")
        raise FormatError(
            "the document", ", ".join(map(str, keys)), f"the configuration of {engine}, which has {named}"
        )


def _appends(listed: Node) -> bool:
    """Say whether what is on a list comes to what was there before; the last entry that says so counts."""
    appends = False
    for node in listed:
        if isinstance(node.value, Mapping):
            for key in node.mapping():
                if key != "append":
                    raise node[key].error("append alone")
                appends = node[key].truth()
    return appends


def _caps(names: Iterable[Node], spelling: Spelling) -> CapSet:
    """Read a list of names as an engine does."""
    caps = CapSet()
    for node in names:
        asked = spelling.read((node.text(),), CapSet.all())
        if asked.strange:
            raise node.error(f"a capability ({spelling.advice(node.text())})")
        caps |= CapSet.all() if asked.all else asked.caps
    return caps


def _allow_caps(root: Node, driver: str) -> list[Node] | None:
    """Find what a driver's plugin allows; None where nothing is said."""
    found = None
    for agent in _blocks(root):
        for client in _blocks(_under(agent, "client")):
            for options in _blocks(_under(client, "options")):
                for key in ("docker.caps.whitelist", "docker.caps.allowlist") if driver == "docker" else ():
                    if (option := _under(options, key)).value is not None:
                        found = [Node(name, option.place) for name in _bare(option.text()).split(",")]
        for plugin in _blocks(_under(agent, "plugin")):
            _check_names(plugin, _PLUGINS)
            for block in _blocks(_under(plugin, driver)):
                _check_names(block, ("args", "config"))
                for config in _blocks(_under(block, "config")):
                    _check_names(config, _PLUGIN_CONFIG)
                    if (allowed := _under(config, "allow_caps")).value is not None:
                        found = [Node(_bare(node.text()), node.place) for node in allowed]
    return found


def _blocks(node: Node) -> Iterator[Node]:
    """Go through blocks of HCL: a mapping, or a list of some where a block may be repeated."""
    yield from node if isinstance(node.value, list | tuple) else [node]


def _check_names(block: Node, names: Sequence[str]) -> None:
    """Refuse a key or a block that is misspelt: Nomad does not start with one."""
    by_name = {_bare(key) if isinstance(key, str) else key: value for key, value in block.mapping().items()}
    bare = Node(by_name, block.place)
    for node, meant in bare.strange_keys(names, close_only=True):
        raise node.error(f"no such name ({meant})")


def _under(node: Node, key: str) -> Node:
    """Go down a key, which newer releases of python-hcl2 give with its quotes."""
    quoted = f'"{key}"'
    return Node(node[quoted].value, node[key].place) if quoted in node else node[key]


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
