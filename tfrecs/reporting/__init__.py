"""Plots, posters, pages, and the names of items."""
