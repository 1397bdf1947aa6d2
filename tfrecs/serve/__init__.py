"""An HTTP server of a bundle's recommendations, and what its log shows."""

from typing import TYPE_CHECKING

from tfrecs._base.lazy_names import lazy_names

if TYPE_CHECKING:
    from tfrecs.serve import monitoring as monitoring

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
