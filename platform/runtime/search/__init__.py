"""The global search: words of records kept in the transaction that writes them, found with the rights of who asks."""
