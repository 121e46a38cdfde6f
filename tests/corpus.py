"""Documents of every dialect, as people and tools write them, for tests that change them."""

from __future__ import annotations

CONTEXT = {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}, "allowPrivilegeEscalation": False}
CONTAINER = {"name": "web", "image": "web", "securityContext": CONTEXT}
PRIVILEGED = {"name": "web", "image": "web", "securityContext": {"privileged": True}}
LISTS = ("bounding", "effective", "permitted", "inheritable", "ambient")
STRUCTURED: dict[str, dict[str, object]] = {
    "compose": {
        "services": {
            "web": {
                "image": "web",
                "cap_drop": ["ALL"],
                "cap_add": ["NET_ADMIN"],
                "security_opt": ["no-new-privileges"],
            }
        }
    },
    "compose privileged": {"services": {"web": {"image": "web", "privileged": True, "build": {"context": "."}}}},
    "pod": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [CONTAINER]}},
    "privileged pod": {"kind": "Pod", "spec": {"containers": [PRIVILEGED], "securityContext": {"fsGroup": 5}}},
    "deployment": {
        "kind": "Deployment",
        "spec": {
            "replicas": 1,
            "template": {"spec": {"initContainers": [{**CONTAINER, "name": "first"}], "containers": [PRIVILEGED]}},
        },
    },
    "list": {"kind": "List", "items": [{"kind": "Pod", "spec": {"containers": [CONTAINER]}}]},
    "custom": {"kind": "Own", "spec": {"pod": {"template": {"spec": {"containers": [CONTAINER]}}}}},
    "context": {"securityContext": CONTEXT},
    "container": CONTAINER,
    "values": {
        "replicas": 1,
        "podSecurityContext": {"fsGroup": 5, "runAsUser": 0},
        "securityContext": CONTEXT,
    },
    "inspect": {
        "Name": "/web",
        "HostConfig": {"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["ALL"], "Privileged": False, "SecurityOpt": None},
        "Config": {"User": ""},
    },
    "inspect privileged": {"HostConfig": {"Privileged": True}, "Config": {"Image": "x"}},
    "podman": {
        "Name": "web",
        "BoundingCaps": ["CAP_KILL", "CAP_NET_ADMIN"],
        "EffectiveCaps": ["CAP_NET_ADMIN"],
        "HostConfig": {"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["CAP_CHOWN"], "Privileged": False},
        "Config": {"User": "1000"},
    },
    "service": {
        "Spec": {"TaskTemplate": {"ContainerSpec": {"CapabilityAdd": ["CAP_NET_ADMIN"], "CapabilityDrop": ["ALL"]}}}
    },
    "crictl": {
        "status": {"id": "a", "metadata": {"name": "web"}, "labels": {"io.kubernetes.pod.name": "shop"}},
        "info": {
            "runtimeSpec": {
                "process": {
                    "user": {"uid": 0, "gid": 0},
                    "capabilities": {key: ["CAP_KILL", "CAP_CHOWN"] for key in LISTS[:3]},
                }
            }
        },
    },
    "ecs": {
        "family": "shop",
        "containerDefinitions": [
            {
                "name": "web",
                "image": "web",
                "user": "0",
                "linuxParameters": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}},
                "dockerSecurityOptions": ["no-new-privileges"],
            },
            {"name": "api", "privileged": True},
        ],
    },
    "devcontainer": {
        "name": "web",
        "privileged": False,
        "capAdd": ["NET_ADMIN", "KILL"],
        "securityOpt": ["no-new-privileges"],
        "containerUser": "0",
        "runArgs": ["--init", "--cap-drop", "ALL", "--cap-add=CHOWN"],
    },
    "described": {"taskDefinition": {"containerDefinitions": [{"name": "api", "privileged": True}]}},
    "nomad": {
        "Job": {
            "TaskGroups": [
                {
                    "Name": "cache",
                    "Tasks": [
                        {
                            "Name": "redis",
                            "Driver": "docker",
                            "User": "5",
                            "Config": {
                                "cap_add": ["CHOWN"],
                                "cap_drop": ["ALL"],
                                "security_opt": ["no-new-privileges"],
                            },
                        },
                        {"Name": "log", "Driver": "exec", "Config": {"cap_add": ["KILL"]}},
                    ],
                }
            ]
        }
    },
    "oci": {
        "ociVersion": "1.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "noNewPrivileges": True,
            "capabilities": {key: ["CAP_KILL", "CAP_CHOWN"] for key in LISTS[:3]},
        },
    },
}
COMMANDS = {
    "docker": "docker run --cap-drop=ALL --cap-add NET_ADMIN --security-opt no-new-privileges --user 0 web sh -c x",
    "together": "docker run -it --rm -u0 --cap-add=NET_ADMIN,KILL --rm web".replace(",KILL", " --cap-add=KILL"),
    "privileged": "docker container create --privileged --rm web",
    "podman": "sudo podman run --cap-drop=ALL --cap-add NET_ADMIN,KILL --user 0 --rm docker://web",
    "nerdctl": "nerdctl run --cap-drop=ALL --cap-add NET_ADMIN --security-opt no-new-privileges web",
}
UNITS = {
    "ambient": [
        *("[Unit]", "Description=web", "[Service]", "User=web", "AmbientCapabilities=CAP_NET_ADMIN CAP_KILL"),
        *("CapabilityBoundingSet=CAP_NET_ADMIN CAP_KILL", "NoNewPrivileges=yes", "ExecStart=/bin/web"),
    ],
    "root": [
        "[Service]",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "CapabilityBoundingSet=CAP_KILL",
        "ExecStart=/bin/web",
    ],
    "without": ["[Service]", "CapabilityBoundingSet=~CAP_NET_ADMIN", "ExecStart=/bin/web"],
}
SHARE = "/usr/share/lxc/config"
QUADLETS = {
    "root": ["[Container]", "Image=web", "DropCapability=all", "AddCapability=CAP_NET_ADMIN CAP_KILL"],
    "user": ["[Container]", "Image=web", "User=1000", "AddCapability=CAP_NET_ADMIN", "NoNewPrivileges=true"],
    "options": ["[Container]", "Image=web", "PodmanArgs=--cap-drop=all --cap-add=CAP_KILL", "[Service]", "Restart=no"],
}
CONFIGURATIONS = {
    "common": [f"lxc.include = {SHARE}/common.conf", "lxc.uts.name = web", "lxc.cap.drop = net_admin kill"],
    "kept": ["lxc.cap.drop =", "lxc.cap.keep = net_admin kill", "lxc.init.uid = 0", "lxc.no_new_privs = 1"],
}
LINES = {
    "getcap": ["/usr/bin/ping cap_net_raw=ep", "/usr/bin/newuidmap = cap_setuid+ep", "/a b cap_kill=i [rootid=1000]"],
    "rpm": ["/usr/bin/ping\tcap_net_raw=ep", "/usr/bin/newuidmap\t= cap_setuid+ep", "/usr/bin/true\t"],
    "getfattr": [
        "# file: usr/bin/ping",
        "security.capability=0x0100000200200000000000000000000000000000",
        "# file: usr/bin/b",
        "security.capability=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=",
    ],
    "filecap": ["set       file                 capabilities  rootid", "effective /usr/bin/ping    kill, net_raw"],
    "capsh": [
        "Current: cap_kill=ep",
        "Bounding set =cap_kill,cap_net_raw",
        "Ambient set =",
        "uid=0(root) euid=0(root)",
    ],
    "capsh-decode": ["0x0000000000002020=cap_kill,cap_net_raw"],
    "getpcaps": ["812: cap_kill,cap_net_raw=ep", "Capabilities for `5': = cap_chown+eip"],
    "pscap": [
        "ppid  pid   name        command             capabilities",
        "1     812   root        sshd    kill, chown +",
    ],
    "podman-top": ["PID   COMMAND   EFFECTIVE CAPS   BOUNDING CAPS", "1     web       KILL             KILL,NET_RAW"],
    "systemctl": ["CapabilityBoundingSet=cap_kill cap_net_raw", "AmbientCapabilities=cap_kill", "User=web"],
    "strace": [
        "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL|1<<CAP_BPF, "
        "permitted=1<<CAP_KILL|1<<CAP_BPF, inheritable=0}) = 0",
        "[pid 7] prctl(PR_CAPBSET_DROP, CAP_KILL) = 0",
    ],
    "audit": [
        'type=AVC msg=audit(1.0:4): avc:  denied  { net_admin } for  pid=5 comm="a" capability=12 tclass=capability',
        "type=CAPSET msg=audit(1.0:5): pid=5 cap_pi=0 cap_pp=0000000000000020 cap_pe=0000000000000020 cap_pa=0",
    ],
}
