"""Build the site of this version beside those of others: python docs/publish.py FOLDER.

FOLDER can be served as it is, and keeps what was built before:

    FOLDER/1.0.0/       this version, and so on for each
    FOLDER/stable/      the newest that is no release candidate, for links that stay
    FOLDER/index.html   the list of all versions, which the sidebar of each page links to
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from packaging.version import InvalidVersion, Version

import capset

HERE = Path(__file__).parent
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>capset: all versions</title>
<style>
:root {{ color-scheme: light dark; font: 1.1em/1.6 sans-serif }}
body {{ margin: 2em auto; width: min(32em, 90%) }}
</style>
<h1>The documentation of capset</h1>
<ul>
{items}
</ul>
</html>
"""


def versions(folder: Path) -> list[Version]:
    """Return the versions whose sites are in a folder, the newest first."""
    found: list[Version] = []
    for path in folder.iterdir():
        try:
            found.append(Version(path.name))
        except InvalidVersion:  # stable, and whatever else is served there
            continue
    return sorted(found, reverse=True)


def index(all_versions: list[Version]) -> str:
    """Return the page that lists them."""
    released = [each for each in all_versions if not each.is_prerelease]
    lines = [f'<li><a href="stable/index.html">stable</a>: {released[0]}</li>'] if released else []
    lines += [f'<li><a href="{each}/index.html">{each}</a></li>' for each in all_versions]
    return PAGE.format(items="\n".join(lines))


def place(folder: Path) -> None:
    """Write what stands beside the versions: the list of them, and the newest release under a name that stays."""
    found = versions(folder)
    stable = folder / "stable"
    shutil.rmtree(stable, ignore_errors=True)
    if released := [each for each in found if not each.is_prerelease]:
        shutil.copytree(folder / str(released[0]), stable)
    (folder / "index.html").write_text(index(found), "utf-8")


def main() -> None:
    """Build, and place."""
    parser = argparse.ArgumentParser(description="Build the site of this version beside those of others.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    built = folder / str(Version(capset.__version__))
    # The trees that Sphinx keeps for its next build are no part of a site.
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-E", "-A", "versions=../index.html"]
    subprocess.run([*command, "-d", str(HERE / "_build/doctrees"), str(HERE), str(built)], check=True)
    place(folder)


if __name__ == "__main__":
    main()
