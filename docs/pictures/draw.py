"""Draw the pictures of the README again: python docs/pictures/draw.py.

Each says in its description, as text, what it shows; tests/docs holds that to what capset says today.
"""

from __future__ import annotations

from pathlib import Path

from capset import Comparison, compare, engines, live

HERE = Path(__file__).parent


def comparison() -> Comparison:
    """Return what the picture shows."""
    saved = HERE.parent.parent / "examples/status/docker-mount.txt"
    return compare(
        **{name: engines.get(name) for name in ("docker", "containerd", "podman", "cri-o")},
        mine=live.parse_status(saved.read_bytes(), source=str(saved)),
    )


def main() -> None:
    """Draw it for white paper and for dark pages, the same bytes every time."""
    from matplotlib import pyplot as plt
    from matplotlib import rc_context, style

    told = {"Date": None, "Creator": None, "Description": str(comparison())}
    for name, look in {"compare": "default", "compare-dark": "dark_background"}.items():
        with style.context(look), rc_context({"svg.hashsalt": "capset", "svg.fonttype": "path"}):
            figure = comparison().plot().figure
            figure.savefig(HERE / f"{name}.svg", metadata=told, transparent=name != "compare")
            plt.close(figure)


if __name__ == "__main__":
    main()
