"""Assignment rules: who gets a record, in turn where several could, and why."""
