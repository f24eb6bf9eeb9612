"""A pytest plug-in: skipped tests are shouted about, and with ``CI=true`` they are a failure.

A real-GIMP test that silently does not run proves nothing; this makes it impossible to miss.
"""

import os

import pytest


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ()))
    if skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    skipped = len(terminalreporter.stats.get("skipped", ()))
    if skipped:
        verdict = " - a failure, as CI is true" if os.environ.get("CI") == "true" else ""
        text = f"{skipped} TESTS WERE SKIPPED, so what they show is not shown{verdict}"
        terminalreporter.section(text, sep="!", red=True, bold=True)
