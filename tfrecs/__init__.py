"""Recommender models for Keras 3: two towers, one formula, numbers you can trust.

The public names are those of `__init__.pyi`. Each is imported on first use, so that
reading data and computing metrics does not load TensorFlow.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, _names = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["__version__", *_names]
