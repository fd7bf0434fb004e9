"""Summary features of a stay, as model families name them."""

from samd_validate.core.summaries import STATISTICS, feature_names, summary_features

__all__ = ["STATISTICS", "feature_names", "summary_features"]
