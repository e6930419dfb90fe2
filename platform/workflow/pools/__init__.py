"""Pools: records without an owner that people claim within limits, and the rules that bring records back."""
