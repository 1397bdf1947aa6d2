"""What `tfrecs.callbacks.TensorBoard` shows, one idea a file."""
