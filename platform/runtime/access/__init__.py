"""Who may see and do what: one answer for every way to the records; no pages, no writing of records."""
