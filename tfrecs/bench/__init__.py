"""`python -m tfrecs.bench`: every model beside the baselines, on one protocol."""
