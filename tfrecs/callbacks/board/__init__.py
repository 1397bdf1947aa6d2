"""The parts of `tfrecs.callbacks.TensorBoard`."""
