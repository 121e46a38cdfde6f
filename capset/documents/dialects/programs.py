"""What tools print about the capabilities of program files."""

from __future__ import annotations

import re

from capset.documents.tools import by_lines, tool
from capset.formats import programs

__all__ = ["DIALECTS"]

_RPM = re.compile(r"/[^\t]*\t(?:= ?|[a-z0-9_,]*[=+].*)?")
_ATTRIBUTE = re.compile(r"security\.capability=.*")
_OF_GETFATTR = re.compile(r"# file: .*|[a-z]+\.\S+")
_FILECAP = re.compile(r"set +file +capabilities( +rootid)? *|(?:effective|permitted) +/.* .*")

DIALECTS = (
    tool(
        "getcap",
        "what getcap prints of files",
        signs=r"(?i) (?:= )?cap_[a-z_,]{1,60}[=+][eip]",
        is_line=programs.is_getcap,
        belongs=programs.is_failure_of_getcap,
        never="lxc.",  # whose keys have nothing behind the = where they take back what stands before
        reader=by_lines("getcap", programs.getcap),
        partial_sets=False,
    ),
    tool(
        "rpm",
        "what rpm -q --filecaps prints",
        signs=r"\tcap_[a-z_,]{1,60}[=+]",
        is_line=_RPM.fullmatch,
        reader=by_lines("rpm", programs.rpm),
        partial_sets=False,
    ),
    tool(
        "getfattr",
        "what getfattr -d -m security.capability prints",
        signs=r"security\.capability",
        is_line=_ATTRIBUTE.fullmatch,
        belongs=_OF_GETFATTR.fullmatch,
        reader=by_lines("getfattr", programs.getfattr),
        partial_sets=False,
    ),
    tool(
        "filecap",
        "the table that filecap prints",
        signs=r"(?m)^(?:effective|permitted) +/|^set +file +cap",
        is_line=_FILECAP.fullmatch,
        reader=by_lines("filecap", programs.filecap),
    ),
)
