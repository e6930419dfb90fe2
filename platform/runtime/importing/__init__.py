"""Importing: files of rows become records through a mapping, by the same write pipeline as every other path."""
