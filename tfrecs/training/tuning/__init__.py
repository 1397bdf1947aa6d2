"""Tuning: searches settings on validation data with Optuna.

`tune.tune` tunes models; `search.search` tunes anything with a space (`space`), such as
the baselines of the bench; `spaces` has the space of each model.
"""
