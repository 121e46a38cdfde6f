"""What all tests share."""

from __future__ import annotations

import contextlib
import os
import sys

import pytest
from hypothesis import settings

# "ci" looks four times as long as the default of a developer's machine, and is repeatable, as "ci-short" and
# "ci-glance" are; "nightly" looks much longer, and elsewhere every time.
settings.register_profile("ci", max_examples=400, deadline=None, derandomize=True)
settings.register_profile("ci-short", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("ci-glance", max_examples=20, deadline=None, derandomize=True)
settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=5000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("CAPSET_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

# These look at a running Linux, with modules that there are nowhere else.
collect_ignore = [] if sys.platform == "linux" else ["live"]


def pytest_report_header():
    left_out = "not Linux: tests/live is left out, and what is marked linux is skipped"
    return [] if sys.platform == "linux" else left_out


# What Python itself says in a browser of what its system lacks, and what a test lacks then.
LACKING = {
    "can't start new thread": "starts a thread, of which this system has one",
    "emscripten does not support processes.": "starts a process, of which this system has one",
    "out of pty devices": "needs a terminal, of which this system has none",
}


@contextlib.contextmanager
def _where_there_is():
    """Skip what was refused a thread, a process or a terminal where there is none, as in a browser."""
    try:
        yield
        return
    except (OSError, RuntimeError) as error:
        reason = LACKING.get(getattr(error, "strerror", None) or str(error))
        if sys.platform != "emscripten" or reason is None:
            raise
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    if sys.platform != "linux" and item.get_closest_marker("linux"):
        pytest.skip("needs Linux")
    if sys.getfilesystemencoding() != "utf-8" and item.get_closest_marker("unicode_names"):
        pytest.skip("needs a locale with UTF-8")
    with _where_there_is():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    with _where_there_is():
        return (yield)


def _must_run(report) -> None:
    """Where every oracle is installed, a test that is skipped is a test that is missing."""
    if os.environ.get("CAPSET_REQUIRE_ORACLES") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but CAPSET_REQUIRE_ORACLES is set: {report.longrepr}"


def pytest_sessionfinish(session):
    """Write down what was skipped, for who runs it where everything is there."""
    if path := os.environ.get("CAPSET_SKIPPED"):
        reports = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{report.nodeid}\n" for report in reports)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    _must_run(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    _must_run(report)
    return report
