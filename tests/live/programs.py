"""Programs that people run, each with what it takes beforehand and how one sees that it works."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PROGRAMS", "Program"]


class Program(NamedTuple):
    """A program, as a test of it is run: it succeeds where the program did what it is for.

    Attributes:
        name: What it is called.
        tools: The programs that have to be there, each with its Debian package.
        prepare: What is done before it with every capability, by the shell, in a folder of its own.
        command: What is tried, by the shell.
        spare: What a trace of it advises beside what it needs, and why.
    """

    name: str
    tools: dict[str, str]
    prepare: str
    command: str
    spare: str = ""


_LINK = "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up"
_KEYS = (
    "ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host && cp key.pub keys && "
    "mkdir -p /run/sshd"
)
_SSHD = (
    "/usr/sbin/sshd -f /dev/null -h $PWD/host -o AuthorizedKeysFile=$PWD/keys -o StrictModes=no -o PermitRootLogin=yes "
    "-o PidFile=$PWD/pid -p 22"
)
_SSH = (
    "ssh -F /dev/null -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "
    "-o ConnectionAttempts=10 root@127.0.0.1"
)
_NGINX = (
    "printf 'worker_processes 1; pid nginx.pid; error_log error.log; events {} "
    "http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; "
    "scgi_temp_path t5; server { listen 127.0.0.1:80; location / { return 204; } } }' > nginx.conf"
)
_GET = "curl -fsS -m 1 -o answer --retry 1 --retry-delay 1 --retry-connrefused http://127.0.0.1/"
_OTHER = (  # which is another user's from when its program is the last one
    "setpriv --reuid=1000 --regid=1000 --clear-groups sleep 20 & echo $! > pid; "
    "until grep -q sleep /proc/$(cat pid)/comm; do sleep 0.05; done"
)

PROGRAMS = [
    Program(
        "ping",
        {"ping": "iputils-ping"},
        "echo '1 0' > /proc/sys/net/ipv4/ping_group_range",
        "ping -c1 -W2 127.0.0.1",
        spare="libcap's capset(2) asks for CAP_SETPCAP, and takes no for an answer",
    ),
    Program(
        "tcpdump",
        {"tcpdump": "tcpdump", "ping": "iputils-ping"},
        "ping -i 0.2 -w 10 127.0.0.1 > out & sleep 0.1",
        "timeout 5 tcpdump -i lo -c 1 -Z root",
        spare="it becomes root again, which root may, and classic BPF asks for CAP_SYS_ADMIN",
    ),
    Program(
        "chronyd",
        {"chronyd": "chrony"},
        "mount -t tmpfs none /run && mkdir /run/chrony",
        "timeout 10 chronyd -d -t 1 'local stratum 10' 'user root' 'cmdport 0' 'port 123' 'allow' 'bindcmdaddress /'",
        spare="it goes on without its port",
    ),
    Program(
        "nginx",
        {"nginx": "nginx-light", "curl": "curl"},
        _NGINX,
        f"nginx -p $PWD -c nginx.conf && {_GET} && nginx -p $PWD -c nginx.conf -s quit",
    ),
    Program("sshd", {"sshd": "openssh-server", "ssh": "openssh-client"}, _KEYS, f"{_SSHD} && {_SSH} true"),
    Program(
        "strace",
        {"strace": "strace"},
        _OTHER,
        "timeout -s INT 1 strace -o out -p $(cat pid); test $? = 124",
        spare="the tracer's signals ask for CAP_KILL, and ptrace(2) for CAP_SYS_ADMIN where a seccomp filter is read",
    ),
    Program("iptables", {"iptables": "iptables"}, "", "iptables -A INPUT -p tcp --dport 80 -j ACCEPT"),
    Program(
        "dhclient",
        {"dhclient": "isc-dhcp-client", "busybox": "busybox-static"},
        f"{_LINK} && ip addr add 10.9.0.1/24 dev v1 && "
        "printf 'start 10.9.0.5\\nend 10.9.0.9\\ninterface v1\\nlease_file '$PWD'/leases\\npidfile '$PWD'/p' > conf && "
        "touch leases && busybox udhcpd -I 10.9.0.1 conf && sleep 0.2",
        "timeout 20 dhclient -1 -sf /bin/true -lf $PWD/lease -pf $PWD/pid -cf /dev/null v0",
        spare="classic BPF asks for CAP_SYS_ADMIN, to leave out a barrier",
    ),
    Program(
        "squashfuse",
        {"squashfuse": "squashfuse", "mksquashfs": "squashfs-tools"},
        "mkdir files mnt && touch files/f && mksquashfs files image -quiet -no-progress > out",
        "squashfuse image mnt && test -e mnt/f && fusermount3 -u mnt",
    ),
    Program("ip link", {"ip": "iproute2"}, "", "ip link add br0 type bridge && ip link set br0 up"),
    Program("ip addr", {"ip": "iproute2"}, "", "ip addr add 10.9.1.1/24 dev lo"),
    Program("ip tuntap", {"ip": "iproute2"}, "", "ip tuntap add t0 mode tap"),
    Program("chown", {"chown": "coreutils"}, "touch f", "chown 1:1 f"),
    Program(
        "chmod",
        {"chmod": "coreutils"},
        "touch f && chown 1:1 f",
        "chmod 600 f",
        spare="CAP_FSETID keeps a set-group-ID bit that the file does not have",
    ),
    Program(
        "install",
        {"install": "coreutils"},
        "touch f",
        "install -o 1 -g 1 -m 4755 f g && test -u g",
        spare="CAP_FSETID keeps a set-group-ID bit that the file does not have",
    ),
    Program("cat", {"cat": "coreutils"}, "touch f && chown 1 f && chmod 0 f", "cat f"),
    Program("tee", {"tee": "coreutils"}, "touch f && chown 1 f && chmod 0 f", "echo | tee f"),
    Program(
        "tar",
        {"tar": "tar"},
        "touch f && chown 1:1 f && tar cf a f && rm f",
        "tar xpf a && test $(stat -c %u f) = 1",
        spare="CAP_FSETID keeps a set-group-ID bit that the file does not have",
    ),
    Program("setfacl", {"setfacl": "acl"}, "touch f && chown 1 f", "setfacl -m u:2:r f"),
    Program(
        "chattr",
        {"chattr": "e2fsprogs"},
        "",
        "f=$(mktemp /var/tmp/capset-XXXXXX) && chattr +a $f; s=$?; chattr -a $f; rm -f $f; exit $s",
    ),
    Program(
        "setcap",
        {"setcap": "libcap2-bin"},
        "touch f",
        "setcap cap_net_raw=ep f",
        spare="libcap's capset(2) asks for CAP_SETPCAP, and takes no for an answer",
    ),
    Program("mknod", {"mknod": "coreutils"}, "", "mknod d c 1 3"),
    Program("mount", {"mount": "mount"}, "mkdir m", "mount -t tmpfs none m"),
    Program("mount --bind", {"mount": "mount"}, "mkdir a b", "mount --bind a b && umount b"),
    Program("unshare", {"unshare": "util-linux"}, "", "unshare -n true"),
    Program("chroot", {"chroot": "coreutils"}, "", "chroot / true"),
    Program("hostname", {"hostname": "hostname"}, "", "hostname x"),
    Program("dmesg", {"dmesg": "util-linux"}, "", "dmesg > out"),
    Program("renice", {"renice": "util-linux"}, _OTHER, "renice -n -5 -p $(cat pid)"),
    Program("chrt", {"chrt": "util-linux"}, "", "chrt -f 10 true"),
    Program("ionice", {"ionice": "util-linux"}, "", "ionice -c1 true"),
    Program("kill", {"kill": "procps"}, _OTHER, "kill $(cat pid)"),
    Program(
        "su",
        {"su": "util-linux"},
        "",
        "su -s /bin/sh -c true nobody",
        spare="PAM tries to write to the audit log and to raise limits, and goes on without",
    ),
    Program(
        "setpriv",
        {"setpriv": "util-linux"},
        "",
        "setpriv --reuid=1 --regid=1 --clear-groups true",
        spare="it reads and sets its own sets, and goes on without",
    ),
    Program(
        "low port",
        {"python3": "python3-minimal"},
        "",
        "python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", 80))'",
    ),
    Program(
        "mark", {"python3": "python3-minimal"}, "", "python3 -c 'import socket; socket.socket().setsockopt(1, 36, 1)'"
    ),
    Program("perf", {"perf": "linux-perf"}, "", "perf stat -a -e context-switches true"),
    Program(
        "bpftrace",
        {"bpftrace": "bpftrace"},
        "",
        "timeout 20 bpftrace -e 'tracepoint:syscalls:sys_enter_kill { } BEGIN { exit() }'",
        spare="CAP_SYS_ADMIN stands for CAP_PERFMON",
    ),
    Program("sysctl", {"sysctl": "procps"}, "", "sysctl -qw net.ipv4.ip_forward=1"),
    Program("another's environ", {"cat": "coreutils"}, _OTHER, "cat /proc/$(cat pid)/environ"),
]
"""The programs, by what they are called."""
