"""An app to look at recommendations in: `python -m tfrecs.app`."""
