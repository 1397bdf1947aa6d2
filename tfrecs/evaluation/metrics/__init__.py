"""Metrics of rankings and of recommended lists."""
