"""The limit: what a careful developer would write by hand for one table, without any platform."""
