"""Sockets and the network."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import socket
import struct
from pathlib import Path

from tests.live.witnesses import calls, netlink
from tests.live.witnesses.witness import NotHereError, witness

_ANYWHERE = ("0.0.0.0", 0)


def _udp(family=socket.AF_INET):
    return socket.socket(family, socket.SOCK_DGRAM)


def _tcp():
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def _takes(own, level, option, value):
    """Set an option, and say whether it is set."""
    own.setsockopt(level, option, value)
    return own.getsockopt(level, option) == value


def _late(error, *expected):
    """Say that an error came after the capability was looked at, if it is one of these."""
    if error.errno in expected:
        return True
    raise error


def _up(_it):
    netlink.link_up()


# Options of sockets


@witness("setsockopt SO_MARK", "network")
def so_mark(_it):
    return _takes(_udp(), socket.SOL_SOCKET, socket.SO_MARK, 7)


@witness("sendmsg SO_MARK", "network")
def send_mark(_it):
    mark = (socket.SOL_SOCKET, socket.SO_MARK, struct.pack("=I", 7))
    _udp().sendmsg([b"."], [mark], 0, ("127.0.0.1", 9))


send_mark.prepare(_up)


@witness("setsockopt SO_RCVMARK", "network")
def so_rcvmark(_it):
    return _takes(_udp(), socket.SOL_SOCKET, 75, 1)


@witness("setsockopt SO_RCVPRIORITY", "network")
def so_rcvpriority(_it):
    return _takes(_udp(), socket.SOL_SOCKET, 82, 1)


@witness("setsockopt SO_PRIORITY above 6", "network")
def so_priority(_it):
    return _takes(_udp(), socket.SOL_SOCKET, socket.SO_PRIORITY, 7)


@witness("setsockopt SO_PRIORITY up to 6")
def so_low_priority(_it):
    return _takes(_udp(), socket.SOL_SOCKET, socket.SO_PRIORITY, 6)


@witness("setsockopt SO_DEBUG", "network")
def so_debug(_it):
    return _takes(_udp(), socket.SOL_SOCKET, socket.SO_DEBUG, 1)


@witness("setsockopt SO_RCVBUFFORCE", "network")
def so_rcvbufforce(_it):
    own = _udp()
    own.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
    return own.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 1 << 27


@witness("setsockopt SO_SNDBUFFORCE", "network")
def so_sndbufforce(_it):
    own = _udp()
    own.setsockopt(socket.SOL_SOCKET, 32, 1 << 26)
    return own.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 1 << 27


@witness("setsockopt SO_BINDTODEVICE")
def so_bindtodevice(_it):
    _udp().setsockopt(socket.SOL_SOCKET, 25, b"lo\0")


@witness("setsockopt SO_BINDTODEVICE, bound already", "network")
def so_bindtodevice_again(_it):
    own = _udp()
    own.setsockopt(socket.SOL_SOCKET, 25, b"lo\0")
    own.setsockopt(socket.SOL_SOCKET, 25, b"")


@witness("setsockopt SO_BUSY_POLL", "network")
def so_busy_poll(_it):
    return _takes(_udp(), socket.SOL_SOCKET, 46, 50)


@witness("setsockopt SO_PREFER_BUSY_POLL", "network")
def so_prefer_busy_poll(_it):
    return _takes(_udp(), socket.SOL_SOCKET, 69, 1)


@witness("setsockopt SO_TXTIME, CLOCK_TAI", "network")
def so_txtime(_it):
    _udp().setsockopt(socket.SOL_SOCKET, 61, struct.pack("=iI", 11, 0))


@witness("setsockopt SO_BROADCAST")
def so_broadcast(_it):
    return _takes(_udp(), socket.SOL_SOCKET, socket.SO_BROADCAST, 1)


@witness("setsockopt SO_ATTACH_FILTER")
def so_attach_filter(_it):
    accept = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0xFFFF))
    _udp().setsockopt(socket.SOL_SOCKET, 26, struct.pack("=HxxxxxxQ", 1, ctypes.addressof(accept)))


@witness("sendmsg MSG_ZEROCOPY beyond RLIMIT_MEMLOCK", "network")
def zerocopy(_it):
    own = _udp()
    own.setsockopt(socket.SOL_SOCKET, 60, 1)
    own.sendto(bytes(20000), 0x4000000, ("127.0.0.1", 9))


@zerocopy.prepare
def _(_it):
    netlink.link_up()
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


# Options of IP


@witness("setsockopt IP_TRANSPARENT", "network")
def ip_transparent(_it):
    return _takes(_tcp(), socket.SOL_IP, 19, 1)


@witness("setsockopt IPV6_TRANSPARENT", "network")
def ipv6_transparent(_it):
    return _takes(_udp(socket.AF_INET6), 41, 75, 1)


@witness("setsockopt IP_FREEBIND")
def ip_freebind(_it):
    own = _udp()
    own.setsockopt(socket.SOL_IP, 15, 1)
    own.bind(("192.0.2.1", 0))


@witness("setsockopt IP_TOS")
def ip_tos(_it):
    return _takes(_udp(), socket.SOL_IP, socket.IP_TOS, 0xE0)


@witness("setsockopt IP_ADD_MEMBERSHIP")
def ip_add_membership(_it):
    group = socket.inet_aton("239.1.2.3") + bytes(4) + struct.pack("=i", netlink.index("lo"))
    _udp().setsockopt(socket.SOL_IP, socket.IP_ADD_MEMBERSHIP, group)


ip_add_membership.prepare(_up)


@witness("setsockopt IP_OPTIONS, unknown option", "network")
def ip_options(_it):
    _udp().setsockopt(socket.SOL_IP, 4, bytes([0x9E, 4, 0, 0]))


@witness("setsockopt IP_XFRM_POLICY", "network")
def ip_xfrm_policy(_it):
    try:
        _udp().setsockopt(socket.SOL_IP, 17, bytes(8))
    except OSError as e:
        return _late(e, errno.EINVAL)  # it is too short to be a policy; that is looked at later


@witness("setsockopt MRT_ADD_VIF", "network")
def mrt_add_vif(it):
    try:
        it.routing.setsockopt(socket.SOL_IP, 202, bytes(4))
    except OSError as e:
        return _late(e, errno.EINVAL)  # it is too short to be an interface; that is looked at later


@mrt_add_vif.prepare
def _(it):
    it.keep(routing=socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP))


@witness("setsockopt IPV6_HOPOPTS", "network")
def ipv6_hopopts(_it):
    _udp(socket.AF_INET6).setsockopt(41, 54, bytes([0, 0, 1, 4, 0, 0, 0, 0]))


@witness("setsockopt IPV6_JOIN_ANYCAST", "network")
def ipv6_join_anycast(_it):
    group = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + struct.pack("=i", netlink.index("lo"))
    try:
        _udp(socket.AF_INET6).setsockopt(41, 27, group)
    except OSError as e:
        return _late(e, errno.EADDRNOTAVAIL, errno.EINVAL, errno.ENODEV)  # no such prefix; that is looked at later


ipv6_join_anycast.prepare(_up)


def _labelled(own, expires):
    """Ask for any flow label, of whoever asks alone."""
    where = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    own.setsockopt(41, 32, where + struct.pack("=IBBHHHI", 0, 0, 1, 1, expires, 0, 0))


@witness("setsockopt IPV6_FLOWLABEL_MGR, for long", "network")
def flow_label_for_long(_it):
    _labelled(_udp(socket.AF_INET6), 1000)


@witness("setsockopt IPV6_FLOWLABEL_MGR, many", "network")
def flow_labels(_it):
    own = _udp(socket.AF_INET6)
    for _ in range(33):
        _labelled(own, 10)


# Options of TCP


@witness("setsockopt TCP_REPAIR", "network")
def tcp_repair(_it):
    return _takes(_tcp(), socket.SOL_TCP, 19, 1)


@witness("setsockopt TCP_CONGESTION, not allowed to all", "network")
def tcp_congestion(_it):
    folder = Path("/proc/sys/net/ipv4")
    names = [
        set((folder / f"tcp_{kind}_congestion_control").read_text(encoding="ascii").split())
        for kind in ("available", "allowed")
    ]
    restricted = names[0] - names[1]
    if not restricted:
        raise NotHereError("every congestion control that is there is allowed to all")
    name = min(restricted).encode()
    own = _tcp()
    own.setsockopt(socket.SOL_TCP, socket.TCP_CONGESTION, name)
    return own.getsockopt(socket.SOL_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0") == name


# Sockets, and where they are bound


def _made(*kind):
    try:
        socket.socket(*kind).close()
    except OSError as e:
        if e.errno in {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}:
            raise NotHereError("there are no such sockets") from None
        raise


@witness("socket AF_INET, SOCK_RAW", "network")
def raw_socket(_it):
    _made(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


@witness("socket AF_INET6, SOCK_RAW", "network")
def raw_socket6(_it):
    _made(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)


@witness("socket AF_PACKET", "network")
def packet_socket(_it):
    _made(socket.AF_PACKET, socket.SOCK_DGRAM, 0)


@witness("setsockopt PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC")
def packet_promiscuous(it):
    it.listening.setsockopt(263, 1, struct.pack("=iHH8x", netlink.index("lo"), 1, 0))


@packet_promiscuous.prepare
def _(it):
    it.keep(listening=socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))


@witness("socket AF_XDP", "network")
def xdp_socket(_it):
    _made(44, socket.SOCK_RAW, 0)


@witness("setsockopt XDP_UMEM_REG beyond RLIMIT_MEMLOCK", "network")
def xdp_memory(it):
    room = mmap.mmap(-1, 1 << 16)
    where = ctypes.addressof(ctypes.c_char.from_buffer(room))
    it.express.setsockopt(283, 4, struct.pack("=QQIIII", where, 1 << 16, 4096, 0, 0, 0))


@xdp_memory.prepare
def _(it):
    it.keep(express=socket.socket(44, socket.SOCK_RAW, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


@witness("socket AF_KEY", "network")
def key_socket(_it):
    _made(15, socket.SOCK_RAW, 2)


@witness("socket AF_INET, SOCK_DGRAM, IPPROTO_ICMP")
def ping_socket(_it):
    _made(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)


@witness("socket AF_INET, SOCK_DGRAM, IPPROTO_ICMP, group in ping_group_range")
def ping_socket_of_group(_it):
    _made(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)


@ping_socket_of_group.prepare
def _(_it):
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("1000 1000", encoding="ascii")


@witness("bind low port", "network")
def bind_low(_it):
    _tcp().bind(("0.0.0.0", 80))


@witness("bind low port, ip_unprivileged_port_start")
def bind_low_for_all(_it):
    _tcp().bind(("0.0.0.0", 80))


@bind_low_for_all.prepare
def _(_it):
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("80", encoding="ascii")


@witness("bind AF_VSOCK, low port", "network")
def bind_vsock(_it):
    try:
        own = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    except OSError as e:
        if e.errno == errno.EAFNOSUPPORT:
            raise NotHereError("there are no such sockets") from None
        raise
    own.bind((0xFFFFFFFF, 1001))


# Netlink


def _listens(protocol, groups):
    own = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    own.bind((0, groups))


@witness("bind NETLINK_ROUTE, groups")
def bind_route(_it):
    _listens(netlink.ROUTE, 1)


@witness("bind NETLINK_NETFILTER, groups", "network")
def bind_netfilter(_it):
    _listens(netlink.NETFILTER, 1)


@witness("setsockopt NETLINK_LISTEN_ALL_NSID", "network")
def listen_all_nsid(_it):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.ROUTE).setsockopt(270, 8, 1)


@witness("sendto NETLINK_ROUTE, another process", "network")
def netlink_to_another(it):
    own = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.ROUTE)
    own.sendto(netlink.message(16, 0, bytes(16)), (it.another.getsockname()[0], 0))


@netlink_to_another.prepare
def _(it):
    another = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.ROUTE)
    another.bind((0, 0))
    it.keep(another=another)


@witness("netlink uevent", "network")
def uevent(_it):
    netlink.asked(netlink.UEVENT, 16, netlink.ACK, b"add@/witness\0ACTION=add\0")


@witness("netlink RTM_GETLINK")
def get_link(_it):
    return b"lo\0" in netlink.asked(netlink.ROUTE, 18, netlink.DUMP, netlink.link())


@witness("netlink RTM_NEWLINK, up", "network")
def set_link(_it):
    netlink.link_up()
    return struct.unpack_from("=H", _told(0x8913, "lo"))[0] & 1


def _new_link(name, kind, *more):
    about = netlink.attribute(18, [netlink.attribute(1, kind), *more])
    flags = netlink.ACK | netlink.CREATE | netlink.EXCL
    netlink.asked(netlink.ROUTE, 16, flags, netlink.link(), netlink.attribute(3, name), about)


def _index_of(name):
    try:
        return netlink.index(name)
    except OSError:
        return 0


@witness("netlink RTM_NEWLINK, bridge", "network")
def new_bridge(_it):
    _new_link("bridge", "bridge")
    return bool(_index_of("bridge"))


@witness("netlink RTM_NEWLINK, veth", "network")
def new_veth(_it):
    _new_link("pair", "veth")
    return bool(_index_of("pair"))


@witness("netlink RTM_NEWLINK, vxlan", "network")
def new_vxlan(_it):
    data = netlink.attribute(2, [netlink.attribute(1, 42), netlink.attribute(15, struct.pack("!H", 4789))])
    _new_link("vxlan", "vxlan", data)
    return bool(_index_of("vxlan"))


@witness("netlink RTM_NEWLINK, to another network namespace", "network")
def move_link(it):
    there = netlink.attribute(19, it.pid)
    netlink.asked(netlink.ROUTE, 16, netlink.ACK, netlink.link(netlink.index("pair")), there)
    return not _index_of("pair")


@move_link.prepare
def _(it):
    _new_link("pair", "veth")
    it.keep(pid=it.start(first=lambda: calls.unshare("network")))


@witness("netlink RTM_NEWADDR", "network")
def new_address(_it):
    address = socket.inet_aton("192.0.2.7")
    head = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, netlink.index("lo"))
    both = [netlink.attribute(kind, address) for kind in (1, 2)]
    netlink.asked(netlink.ROUTE, 20, netlink.ACK | netlink.CREATE, head, *both)
    return address in netlink.asked(netlink.ROUTE, 22, netlink.DUMP, bytes(8))


@witness("netlink RTM_NEWROUTE", "network")
def new_route(_it):
    head = struct.pack("=8BI", socket.AF_INET, 24, 0, 0, 254, 4, 0, 6, 0)  # a hole
    to = netlink.attribute(1, socket.inet_aton("192.0.2.0"))
    netlink.asked(netlink.ROUTE, 24, netlink.ACK | netlink.CREATE, head, to)


@witness("netlink RTM_NEWRULE", "network")
def new_rule(_it):
    head = struct.pack("=8BI", socket.AF_INET, 0, 0, 0, 254, 0, 0, 1, 0)
    netlink.asked(netlink.ROUTE, 32, netlink.ACK | netlink.CREATE, head, netlink.attribute(6, 77))


@witness("netlink RTM_NEWNEIGH", "network")
def new_neighbour(_it):
    head = struct.pack("=BxxxiHBB", socket.AF_INET, netlink.index("bridge"), 0x80, 0, 0)
    who = [netlink.attribute(1, socket.inet_aton("192.0.2.9")), netlink.attribute(2, bytes([2, 0, 0, 0, 0, 9]))]
    netlink.asked(netlink.ROUTE, 28, netlink.ACK | netlink.CREATE, head, *who)


@new_neighbour.prepare
def _(_it):
    _new_link("bridge", "bridge")


@witness("netlink RTM_NEWQDISC", "network")
def new_qdisc(_it):
    head = struct.pack("=BxxxiIII", 0, netlink.index("lo"), 0x10000, 0xFFFFFFFF, 0)
    netlink.asked(netlink.ROUTE, 36, netlink.ACK | netlink.CREATE, head, netlink.attribute(1, "pfifo"))


@witness("netlink RTM_NEWNSID", "network")
def new_nsid(it):
    here = [netlink.attribute(2, it.pid), netlink.attribute(1, 42)]
    netlink.asked(netlink.ROUTE, 88, netlink.ACK, bytes(4), *here)


@new_nsid.prepare
def _(it):
    it.keep(pid=it.start(first=lambda: calls.unshare("network")))


@witness("netlink XFRM_MSG_FLUSHSA", "network")
def flush_associations(_it):
    netlink.asked(netlink.XFRM, 0x1C, netlink.ACK, struct.pack("=Bxxx", 255))


@witness("netlink SOCK_DIAG_BY_FAMILY, marks", "network")
def socket_marks(it):
    head = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_UDP, 0, 0xFFFFFFFF)
    found = netlink.asked(netlink.SOCK_DIAG, 20, netlink.DUMP, head, bytes(48))
    assert struct.pack("!H", it.marked.getsockname()[1]) in found
    return netlink.attribute(15, 0x77665544) in found


@socket_marks.prepare
def _(it):
    marked = _udp()
    marked.bind(_ANYWHERE)
    marked.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0x77665544)
    it.keep(marked=marked)


@witness("netlink SOCK_DESTROY", "network")
def sock_destroy(it):
    port = it.listening.getsockname()[1]
    head = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
    which = struct.pack("!HH", port, 0) + bytes(32) + struct.pack("=IQ", 0, 0xFFFFFFFFFFFFFFFF)
    try:
        netlink.asked(netlink.SOCK_DIAG, 21, netlink.ACK, head, which)
    except OSError as e:
        if e.errno == errno.EOPNOTSUPP:
            raise NotHereError("the kernel closes no sockets of others") from None
        raise


@sock_destroy.prepare
def _(it):
    listening = _tcp()
    listening.bind(_ANYWHERE)
    listening.listen()
    it.keep(listening=listening)


def _netfilter(subsystem, command, flags, *parts, family=socket.AF_INET):
    return netlink.message(subsystem << 8 | command, flags, struct.pack("!BBH", family, 0, 0), *parts)


@witness("nftables, new table", "network")
def new_table(_it):
    ends = [netlink.message(kind, 0, struct.pack("!BBH", 0, 0, 10)) for kind in (16, 17)]
    table = _netfilter(10, 0, netlink.ACK | netlink.CREATE, netlink.attribute(1, "witness"))
    netlink.sent(netlink.NETFILTER, ends[0] + table + ends[1])


@witness("nftables, list", "network")
def list_tables(_it):
    netlink.sent(netlink.NETFILTER, _netfilter(10, 1, netlink.DUMP))


@witness("conntrack, list", "network")
def list_connections(_it):
    netlink.sent(netlink.NETFILTER, _netfilter(1, 1, netlink.DUMP))


@witness("ipset, new set", "network")
def new_set(_it):
    parts = [
        netlink.attribute(1, bytes([7])),
        netlink.attribute(2, "witness"),
        netlink.attribute(3, "hash:ip"),
        netlink.attribute(4, bytes([0])),
        netlink.attribute(5, bytes([socket.AF_INET])),
        netlink.attribute(7, []),
    ]
    netlink.sent(netlink.NETFILTER, _netfilter(6, 2, netlink.ACK | netlink.CREATE | netlink.EXCL, *parts))


@witness("getsockopt IPT_SO_GET_INFO", "network")
def iptables_list(_it):
    about = ctypes.create_string_buffer(b"witness", 84)
    size = ctypes.c_uint(84)
    own = _udp()
    if calls.libc.getsockopt(own.fileno(), socket.SOL_IP, 64, about, ctypes.byref(size)) < 0:
        number = ctypes.get_errno()
        if number == errno.ENOPROTOOPT:
            raise NotHereError("there is no iptables of old")
        return _late(OSError(number, ""), errno.ENOENT)  # no table has that name; it is looked for later


@witness("setsockopt IPT_SO_SET_REPLACE", "network")
def iptables_replace(_it):
    try:
        _udp().setsockopt(socket.SOL_IP, 64, bytes(96))
    except OSError as e:
        if e.errno == errno.ENOPROTOOPT:
            raise NotHereError("there is no iptables of old") from None
        return _late(e, errno.EINVAL, errno.ENOENT)  # it is no table; that is looked at later


def _generic(family, command, *parts):
    try:
        number = netlink.family(family)
    except OSError as e:
        if e.errno == errno.ENOENT:
            raise NotHereError(f"netlink has no {family}") from None
        raise
    netlink.asked(netlink.GENERIC, number, netlink.ACK, struct.pack("=BBH", command, 1, 0), *parts)


@witness("netlink ethtool, set", "network")
def ethtool_set(_it):
    try:
        _generic("ethtool", 12, netlink.attribute(1, [netlink.attribute(2, "lo")]))
    except OSError as e:
        return _late(e, errno.EINVAL)  # it does not say what to set; that is looked at later


@witness("netlink taskstats", "network")
def taskstats(_it):
    _generic("TASKSTATS", 1, netlink.attribute(1, os.getpid()))


@witness("netlink tcp_metrics, delete", "network")
def tcp_metrics(_it):
    _generic("tcp_metrics", 2)


@witness("netlink mptcp_pm, flush", "network")
def mptcp_flush(_it):
    _generic("mptcp_pm", 4)


@witness("netlink wireguard", "network")
def wireguard(_it):
    try:
        _generic("wireguard", 1, netlink.attribute(2, "lo"))
    except OSError as e:
        return _late(e, errno.EOPNOTSUPP, errno.ENODEV)  # it is no such interface; that is looked at later


# ioctl


def _interface(name, rest=b""):
    return ctypes.create_string_buffer(name.encode().ljust(16, b"\0") + rest, 40)


def _control(request, argument=0):
    with _udp() as own:
        return calls.ioctl(own.fileno(), request, argument)


def _told(request, name, rest=b""):
    about = _interface(name, rest)
    _control(request, about)
    return about.raw[16:]


def _address(text="192.0.2.7"):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))


@witness("ioctl SIOCGIFFLAGS")
def get_flags(_it):
    _told(0x8913, "lo")


@witness("ioctl SIOCSIFFLAGS, IFF_PROMISC", "network")
def set_promiscuous(_it):
    _told(0x8914, "lo", struct.pack("=H", 0x100))
    return struct.unpack_from("=H", _told(0x8913, "lo"))[0] & 0x100


@witness("ioctl SIOCSIFADDR", "network")
def set_address(_it):
    _told(0x8916, "lo", _address())
    return _told(0x8915, "lo")[:8] == _address()[:8]


@witness("ioctl SIOCSIFMTU", "network")
def set_mtu(_it):
    _told(0x8922, "lo", struct.pack("=i", 1400))
    return struct.unpack_from("=i", _told(0x8921, "lo"))[0] == 1400


@witness("ioctl SIOCSIFNAME", "network")
def set_name(_it):
    _told(0x8923, "bridge", b"renamed")
    return bool(_index_of("renamed"))


set_name.prepare(lambda _it: _new_link("bridge", "bridge"))


@witness("ioctl SIOCSIFHWADDR", "network")
def set_hardware_address(_it):
    wanted = struct.pack("=H6s", 1, bytes([2, 0, 0, 0, 0, 7]))
    _told(0x8924, "bridge", wanted)
    return _told(0x8927, "bridge")[:8] == wanted


set_hardware_address.prepare(lambda _it: _new_link("bridge", "bridge"))


@witness("ioctl SIOCADDMULTI", "network")
def add_multicast(_it):
    _told(0x8931, "bridge", struct.pack("=H6s", 0, bytes([1, 0, 0x5E, 1, 2, 3])))


add_multicast.prepare(lambda _it: _new_link("bridge", "bridge"))


@witness("ioctl SIOCADDRT", "network")
def add_route(_it):
    empty = _address("0.0.0.0")
    entry = struct.pack("=Q16s16s16sH", 0, _address("192.0.2.0"), empty, _address("255.255.255.0"), 0x201)  # rejected
    _control(0x890B, ctypes.create_string_buffer(entry, 120))


@witness("ioctl SIOCSARP", "network")
def set_arp(_it):
    entry = _address() + struct.pack("=H14sI16s16s", 1, bytes([2, 0, 0, 0, 0, 7]), 6, bytes(16), b"bridge")
    _control(0x8955, ctypes.create_string_buffer(entry, 68))


@set_arp.prepare
def _(_it):
    _new_link("bridge", "bridge")
    netlink.link_up("bridge")


@witness("ioctl SIOCBRADDBR", "network")
def add_bridge(_it):
    _control(0x89A0, ctypes.create_string_buffer(b"bridge", 16))
    return bool(_index_of("bridge"))


def _ethtool(command, value=0):
    words = ctypes.create_string_buffer(struct.pack("=II", command, value), 64)
    _told(0x8946, "lo", struct.pack("=Q", ctypes.addressof(words)))
    return struct.unpack_from("=II", words.raw)[1]


@witness("ioctl SIOCETHTOOL, link state")
def ethtool_get(_it):
    _ethtool(0xA)


@witness("ioctl SIOCETHTOOL, set", "network")
def ethtool_switch(_it):
    _ethtool(0x24, 0)
    return _ethtool(0x23) == 0


@witness("ioctl SIOCETHTOOL, registers", "network")
def ethtool_registers(_it):
    try:
        _ethtool(0x4)
    except OSError as e:
        return _late(e, errno.EOPNOTSUPP)  # this interface has none; that is looked at later


@witness("ioctl SIOCSHWTSTAMP", "network")
def set_hardware_stamps(_it):
    config = ctypes.create_string_buffer(12)
    try:
        _told(0x89B0, "lo", struct.pack("=Q", ctypes.addressof(config)))
    except OSError as e:
        return _late(e, errno.EOPNOTSUPP)  # this interface has no clock; that is looked at later


@witness("ioctl SIOCGSKNS", "network")
def socket_namespace(_it):
    os.close(_control(0x894C))


_TUNSETIFF, _TUNSETPERSIST, _TUNSETOWNER = 0x400454CA, 0x400454CB, 0x400454CC
_TAP = struct.pack("=H", 0x1002)


def _tunnel():
    try:
        return os.open("/dev/net/tun", os.O_RDWR)
    except FileNotFoundError:
        raise NotHereError("there is no /dev/net/tun") from None


@witness("ioctl TUNSETIFF, new", "network")
def new_tap(it):
    calls.ioctl(it.tunnel, _TUNSETIFF, _interface("tap", _TAP))
    return bool(_index_of("tap"))


@new_tap.prepare
def _(it):
    it.keep(tunnel=_tunnel())


def _tap_of(uid):
    def prepare(it):
        tunnel = _tunnel()
        calls.ioctl(tunnel, _TUNSETIFF, _interface("tap", _TAP))
        calls.ioctl(tunnel, _TUNSETOWNER, uid)
        calls.ioctl(tunnel, _TUNSETPERSIST, 1)
        os.close(tunnel)
        it.keep(tunnel=_tunnel())

    return prepare


@witness("ioctl TUNSETIFF, one's own", "network")
def own_tap(it):
    calls.ioctl(it.tunnel, _TUNSETIFF, _interface("tap", _TAP))


@witness("ioctl TUNSETIFF, another's", "network")
def another_tap(it):
    calls.ioctl(it.tunnel, _TUNSETIFF, _interface("tap", _TAP))


own_tap.prepare(_tap_of(1000))
another_tap.prepare(_tap_of(2000))


@witness("write /proc/sys/net", "network")
def net_sysctl(_it):
    path = Path("/proc/sys/net/ipv4/ip_forward")
    path.write_text("1", encoding="ascii")
    return path.read_text(encoding="ascii") == "1\n"
