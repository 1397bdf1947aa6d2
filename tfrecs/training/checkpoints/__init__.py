"""Checkpoints of a training: `checkpoint` has the callback that `tfrecs.fit` uses."""
