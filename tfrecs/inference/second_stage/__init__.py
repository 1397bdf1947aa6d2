"""The second stage: `Reranked`."""
