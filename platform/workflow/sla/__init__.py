"""Service levels: clocks over the states of records, and what happens as their time runs out."""
