"""Making records of one object out of a record of another."""
