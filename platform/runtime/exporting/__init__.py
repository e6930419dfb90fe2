"""Exporting: lists of records become files by jobs, within the rights of who asked."""
