"""An HTTP server of a bundle's recommendations."""
