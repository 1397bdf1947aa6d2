"""What a person sees: plots, posters, pages."""
