"""Training: objectives, negatives, batches, and `fit`.

Import from the files, so that drawing negatives does not load TensorFlow or Keras:
`tfrecs.training.fit` trains a model, `objectives` has the table of what it can train,
`stages` trains in stages, `batches` makes datasets for Keras's own `fit`,
`partial_credit` makes labels of similar negatives, and `row_metrics` has metrics for
`compile`. `tfrecs` itself exports the names that most users need.
"""
