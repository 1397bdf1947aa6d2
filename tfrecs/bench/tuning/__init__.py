"""Tuning runs: `python -m tfrecs.bench --tune MINUTES`."""
