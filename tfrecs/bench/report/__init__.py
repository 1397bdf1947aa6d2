"""The page that a bench run leaves: what was found, to look at in any browser."""

from tfrecs.bench.report.page import write_report

__all__ = ["write_report"]
