"""What the tests of the command line share."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from capset.cli.commands import capset as command


@pytest.fixture
def run():
    """Run a command; give its exit status, its output and its errors."""

    def invoke(*args, stdin=None):
        result = CliRunner().invoke(command, args, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.stdout, result.stderr

    return invoke
