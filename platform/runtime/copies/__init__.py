"""Every place that keeps copies of field values, in one registry; erasing a person's record empties all of them."""
