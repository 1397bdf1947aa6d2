"""Runs tests in this environment, and records its versions and the outcomes.

    python benchmarks/environments.py NAME [PYTEST ARGUMENTS ...]

A row of `results/environments.json` has the outcomes of one environment by what ran;
pieces that are run later are added to those before.
"""

import json
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tfrecs.bench.results_file import write_json

FILE = Path(__file__).with_name("results") / "environments.json"
PACKAGES = ("tensorflow", "keras", "numpy", "pandas", "scipy", "pyarrow", "jax")


def outcomes(arguments: list[str]) -> dict[str, int]:
    """Runs pytest; returns how many tests passed, failed and were skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        pytest.main([*arguments, f"--junit-xml={report}"])
        [suite] = ElementTree.parse(report).getroot().iter("testsuite")
    names = ("tests", "failures", "errors", "skipped")
    number = {name: int(suite.attrib[name]) for name in names}
    failed = number["failures"] + number["errors"]
    passed = number["tests"] - failed - number["skipped"]
    return {"passed": passed, "failed": failed, "skipped": number["skipped"]}


def versions() -> dict[str, str]:
    """Returns the version of each package that is there."""
    there = {package.metadata["Name"].lower() for package in metadata.distributions()}
    return {name: metadata.version(name) for name in PACKAGES if name in there}


def main(name: str, arguments: list[str]) -> None:
    """Runs the tests, and adds them to the row of the name."""
    found = outcomes(arguments)
    rows: dict[str, Any] = {}
    if FILE.exists():
        rows = json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    where = {"python": platform.python_version(), "packages": versions()}
    runs = rows.get(name, {}).get("runs", {})
    what = " ".join(path for path in arguments if Path(path).exists()) or "all"
    runs[what] = {**found, "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    write_json(FILE, {"rows": {**rows, name: {**where, "runs": runs}}})
    print(name, what, found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
