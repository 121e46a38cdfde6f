"""Engines, requests and what they explain, as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capset import engines
from capset.display import html
from capset.display.as_html.judging import against
from capset.display.as_html.markup import (
    Html,
    block,
    details,
    foreign,
    lines,
    markup,
    mono,
    paragraph,
    signed,
    table,
    unbroken,
)
from capset.display.as_html.sets import held, set_rows
from capset.display.judging import docker_default
from capset.engines.catalogue import Versions
from capset.engines.engine import Engine
from capset.engines.recognition import Match, Matches
from capset.engines.releases import releases_text
from capset.engines.request import Request
from capset.errors import RequestError
from capset.source import Source


@html.register(Engine)
def _engine(engine: Engine) -> str:
    """Show its default against Docker's, and how that is known."""
    default = engine.default
    rows: list[tuple[Html | str, Html | str | int, Html | str]] = [
        ("releases", "", releases_text(engine.releases)),
        *((signed("!", "assumed"), "", told) for told in engine.assumed),
        ("default", len(default), mono(default.hex())),
        *set_rows(default),
        ("read in", "", _link(engine.source)),
    ]
    known = [(fact.about, fact.confidence, lines(map(_link, fact.sources)), fact.note) for fact in engine.facts]
    more = details("How all this is known", table("How this is known", ("what", "how", "where", "note"), known))
    return block(table(str(engine), (), rows), paragraph(engine.about), more)


def _link(source: Source) -> Html:
    """Write a source, as a link where it has an address."""
    if source.url.startswith("https://"):
        return Html(f'<a style="color:inherit" href="{markup(source.url)}" rel="noopener">{_broken(source)}</a>')
    return _broken(source)


def _broken(source: Source) -> Html:
    """Write a source so that its path may be broken between folders: columns are narrow."""
    return Html(markup(str(source)).replace("/", "/<wbr>"))


@html.register(Request)
def _request(request: Request) -> str:
    """Show what is asked for, and what Docker would make of it."""
    rows: list[tuple[Html | str, Html | str]] = [
        (signed("+", "add"), foreign(", ".join(request.add)) if request.add else "none"),
        (signed("−", "drop"), foreign(", ".join(request.drop)) if request.drop else "none"),  # noqa: RUF001
        ("privileged", signed("!", "yes") if request.privileged else "no"),
        ("user", foreign(request.user) if request.user else "the image's own"),
        ("no_new_privs", "set" if request.no_new_privs else "not set"),
        *_by_docker(request),
        *(
            (signed("!", problem.verdict), foreign(f"{problem.place}: {problem.message}"))
            for problem in request.problems
        ),
    ]
    return block(table("A request", (), rows))


def _by_docker(request: Request) -> Iterator[tuple[str, Html | str]]:
    try:
        state = engines.get("docker").container(request)
    except RequestError as error:
        yield "Docker", signed("!", str(error))
        return
    yield (
        "Docker gives" if request.user else "Docker gives, to root",
        Html(f"{held(len(state.effective))} effective, {mono(state.effective.hex())}"),
    )
    yield "against its default", against(state.effective, docker_default())
    if state.bounding != state.effective:
        reach = "out of reach: no_new_privs" if request.no_new_privs else "which a file's capabilities can give"
        yield "in the bounding set", f"{held(len(state.bounding))}, {reach}"


@html.register(Match)
def _match(match: Match) -> str:
    return _matches([match])


@html.register(Matches)
def _matches(matches: Sequence[Match]) -> str:
    """Show which engines and options explain a process."""
    if not matches:
        return block(paragraph(signed("!", "no engine that capset knows explains these sets")))
    rows = [
        (
            match.engine.title,
            releases_text(match.releases),
            unbroken(match.flags) if match.flags else "nothing asked for",
            ("root" if match.root else "another user") + (", or privileged" if match.also_privileged else ""),
        )
        for match in matches
    ]
    title = f"{len(matches)} explanation{'' if len(matches) == 1 else 's'} of these sets, the fewest options first"
    return block(table(title, ("engine", "releases", "options", "container of"), rows))


@html.register(Versions)
def _versions(versions: Sequence[Engine]) -> str:
    """Show an engine's history: its default, stretch by stretch of releases."""
    if not versions:
        return block(paragraph("no version"))
    rows = [
        (
            releases_text(engine.releases),
            len(engine.default),
            mono(engine.default.hex()),
            _since(before, engine) if before else "the first here",
            _link(engine.source),
        )
        for before, engine in zip([None, *versions], versions, strict=False)
    ]
    head = ("releases", "held", "default", "against the row above", "read in")
    return block(table(f"{versions[-1].title} over time", head, rows), paragraph(versions[-1].about))


def _since(before: Engine, engine: Engine) -> Html:
    """Write what changed from one stretch of releases to the next."""
    told: list[Html | str] = [against(engine.default, before.default)]
    if engine.placements != before.placements:
        told.append("other sets are filled")
    if engine._behaviour.rules != before._behaviour.rules:
        told.append("other rules of add and drop")
    return lines(told)
