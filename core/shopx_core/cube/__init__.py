"""The read engine: any measure by any dimension, exact as of one moment, from the cheapest tier."""

from shopx_core.cube.query import NONE, Answer, CubeQuery, Dimension, Filters, Tier
from shopx_core.cube.state import AsOf

__all__ = ["NONE", "Answer", "AsOf", "CubeQuery", "Dimension", "Filters", "Tier"]
