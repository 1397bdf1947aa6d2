"""An app that shows recommendations in the browser: `python -m tfrecs.app`."""
