"""Reading records: queries, lists, titles, pickers and totals, always within the rights of who asks; nothing is written."""
