"""Foreign: texts that people have beside documents, and what to do with each, in a sentence."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Foreign", "foreign"]

# What begins an action of Go's templates, as charts have them; a name alone in braces is Jinja's as well.
_HELM = re.compile(
    r"\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|/\*|(?:include|template|toYaml|define|end|range"
    r"|with|tpl|if|else|printf|default|required)\b|\$)"
)
_JINJA = re.compile(r"\{[{%]")
_LEVANT = re.compile(r"\[\[-?\s*(?:\.\w|(?:template|include|range|var|if|with|end|else)\b)")
# Blocks of theirs, each with the labels that it has there.
_TERRAFORM = re.compile(
    r'^(?:(?:resource|data)[ \t]+"[\w-]+"[ \t]+"[^"\n]*"|(?:provider|module)[ \t]+"[^"\n]*"|terraform)[ \t]*\{',
    re.MULTILINE,
)
_PACKER = re.compile(r'^(?:source[ \t]+"[\w-]+"[ \t]+"[^"\n]*"|build|packer)[ \t]*\{', re.MULTILINE)
_MAKES = "which is not read: give what it makes, such as what docker inspect prints"
_REGO = re.compile(r"^package[ \t]+[\w.\[\]\"-]+[ \t]*$", re.MULTILINE)
_REGO_RULE = re.compile(
    r"^(?:default[ \t]+\w+|import[ \t]+(?:rego|data|future|input)\b|(?:deny|allow|violation|warn)\b)", re.MULTILINE
)


# Those below may start containers, and say nothing of what these get, or only in lines that are one part of them.
_DOCKERFILE = re.compile(
    r"(?:[ \t]*(?:#.*)?\r?\n)*"
    r"(?:FROM[ \t]+(?:--platform=\S+[ \t]+)?\S+(?:[ \t]+(?:AS|as)[ \t]+\S+)?|ARG[ \t]+\w+(?:=.*)?)[ \t]*\r?$",
    re.MULTILINE,
)
_FROM = re.compile(r"^FROM[ \t]", re.MULTILINE)
_ON = re.compile(r"""^["']?on["']?[ \t]*:""", re.MULTILINE)
_JOBS = re.compile(r"^jobs[ \t]*:", re.MULTILINE)
_RUN_LINE = re.compile(r"\b(?:docker|podman|nerdctl)[ \t]+(?:\S+[ \t]+)?(?:run|create)\b")
_OPTIONS = re.compile(r"""^[ \t]+options[ \t]*:[ \t]*(?:[>|][+-]?[ \t]*\r?\n[ \t]*)?["']?--?\w""", re.MULTILINE)
_MODULE = re.compile(
    r"^[ \t]*(?:- )?(?:(?:ansible|community|containers)\.\w+\.\w+|(?:docker|podman)_container)[ \t]*:", re.MULTILINE
)
_HOSTS = re.compile(r"^(?:-[ \t]+|[ \t]+)hosts[ \t]*:", re.MULTILINE)
_TASKS = re.compile(r"^[ \t]+(?:(?:pre_|post_)?tasks|roles|handlers)[ \t]*:", re.MULTILINE)
_VAGRANT = re.compile(r"^[ \t]*Vagrant\.configure\b", re.MULTILINE)


class Foreign(NamedTuple):
    """What a text is that is no document.

    Attributes:
        told: The sentence.
        line: On which line one sees that.
        holds: Whether it may hold a document, or become one.
    """

    told: str
    line: int
    holds: bool


def foreign(text: str) -> Foreign | None:
    """Say what a text is that is no document, and what to do with it; None where it is nothing that is known."""
    # A workflow and a playbook have braces in them too, and nobody renders these.
    found, told = _starter(text)
    holds = found is None
    if found is None:
        found, told = _template(text)
    return None if found is None else Foreign(told, text.count("\n", 0, found.start()) + 1, holds)


def _starter(text: str) -> tuple[re.Match[str] | None, str]:
    """Find what starts containers, or has something else do that."""
    if (found := _DOCKERFILE.match(text)) and _FROM.search(text):
        told = "this is a Dockerfile: capabilities are given where its image runs, so give the docker run line, or the "
        return found, told + "document that starts it"
    if (found := _ON.search(text)) and _JOBS.search(text):
        return found, f"this is a workflow of GitHub, which is not read: {_in_workflow(text)}"
    if found := (_HOSTS.search(text) if _TASKS.search(text) else None) or _MODULE.search(text):
        return found, f"this is a playbook of Ansible, or a part of a role, {_MAKES}"
    return _VAGRANT.search(text), f"this is a Vagrantfile, {_MAKES}"


def _in_workflow(text: str) -> str:
    """Say which lines of a workflow to give."""
    known = {"the docker run line": _RUN_LINE, "the options of a container": _OPTIONS}
    found = {what: seen for what, sign in known.items() if (seen := sign.search(text))}
    lines = (f"{what} on line {text.count(chr(10), 0, seen.start()) + 1}" for what, seen in found.items())
    told = ", and ".join(lines)
    return f"give {told}" if told else "no docker run line and no options of a container were seen in it"


def _template(text: str) -> tuple[re.Match[str] | None, str]:
    """Find what is a template, makes something else, or is a policy."""
    if found := _HELM.search(text):
        told = "this is a template of a Helm chart: render it first, with helm template, and give what comes of it"
    elif found := _JINJA.search(text):
        told = "this is a template, as of Jinja or Ansible: render it first, and give what comes of it"
    elif found := _LEVANT.search(text):
        told = "this is a template, as of Levant or Nomad Pack: render it first, and give what comes of it"
    elif found := _TERRAFORM.search(text):
        told = f"this is a configuration of Terraform, {_MAKES}"
    elif found := _PACKER.search(text):
        told = f"this is a template of Packer, {_MAKES}"
    elif (found := _REGO.search(text)) and _REGO_RULE.search(text):
        told = "this is a policy in Rego, which says what others may ask for, and not what is asked for: it is not read"
    else:
        return None, ""
    return found, told
