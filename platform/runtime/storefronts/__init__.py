"""Storefronts at work: links for people outside, what they are shown and for how much, what their carts become."""
