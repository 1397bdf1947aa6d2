"""The HTML report of a ranking run."""

from tfrecs.bench.report.page import write_report

__all__ = ["write_report"]
