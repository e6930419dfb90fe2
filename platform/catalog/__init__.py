"""The catalog: an immutable, checked set of definitions with a hash; nothing here touches a database or a clock."""
