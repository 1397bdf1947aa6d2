"""What every room stands on: checks, array types, atomic files, sealed folders."""
