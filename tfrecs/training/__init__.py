"""Training: an objective, its batches, and `fit` of Keras."""
