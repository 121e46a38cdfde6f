"""Engines, requests and what they explain, as text."""

from __future__ import annotations

from collections.abc import Sequence

from capset.display import text
from capset.engines.catalogue import Versions
from capset.engines.engine import Engine
from capset.engines.recognition import Match, Matches
from capset.engines.releases import releases_text
from capset.engines.request import Request
from capset.printable import printable
from capset.summary import summary


@text.register(Engine)
def _engine(engine: Engine) -> str:
    return "\n".join([f"{engine}, {_default(engine)}", *(f"! {told}" for told in engine.assumed)])


@text.register(Versions)
def _versions(versions: Sequence[Engine]) -> str:
    return "\n".join(f"{engine.title}, {_default(engine)}" for engine in versions) or "no version"


def _default(engine: Engine) -> str:
    return f"{releases_text(engine.releases)}: {len(engine.default)} by default: {summary(engine.default)}"


@text.register(Request)
def _request(request: Request) -> str:
    user = printable(request.user) or "the image's own"
    lines = [
        f"add: {', '.join(map(printable, request.add)) or 'none'}",
        f"drop: {', '.join(map(printable, request.drop)) or 'none'}",
        f"privileged: {'yes' if request.privileged else 'no'}",
        f"user: {user}",
        f"no_new_privs: {'set' if request.no_new_privs else 'not set'}",
    ]
    return "\n".join([*lines, *(f"! {printable(str(problem))}" for problem in request.problems)])


@text.register(Match)
def _match(match: Match) -> str:
    asked = " ".join(map(printable, match.flags)) or "nothing asked for"
    of = ("root" if match.root else "another user") + (", or privileged" if match.also_privileged else "")
    return f"{match.engine.title}, {releases_text(match.releases)}: {asked}; container of {of}"


@text.register(Matches)
def _matches(matches: Sequence[Match]) -> str:
    return "\n".join(map(_match, matches)) or "no engine that capset knows explains these sets"
