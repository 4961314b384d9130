"""myeloguide: the IMWG recommendations for relapsed/refractory multiple myeloma, computable."""

__version__ = "0.1.0"
