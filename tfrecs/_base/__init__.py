"""Base of every room: checks, array types, atomic files, sealed folders."""
