"""What refers to something else is checked here, one module per group of kinds; a definition by itself is not."""
