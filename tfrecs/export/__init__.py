"""The command line that exports a bundle as a SavedModel."""
