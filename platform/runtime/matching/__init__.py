"""Which records are the same: keys of records, kept with every write, and looking for them before one."""
