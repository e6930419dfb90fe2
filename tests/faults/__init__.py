"""What a killed process or a lost connection may never do: lose, double or block anything."""
