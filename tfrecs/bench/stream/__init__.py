"""`python -m tfrecs.bench stream`: each event is predicted first, learned second."""
