"""Foreign: texts that people have beside documents, and what to do with each, in a sentence."""

from __future__ import annotations

import re

__all__ = ["foreign"]

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


def foreign(text: str) -> tuple[str, int] | None:
    """Say what a text is that is no document, and what to do with it; and on which line one sees that."""
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
        return None
    return told, text.count("\n", 0, found.start()) + 1
