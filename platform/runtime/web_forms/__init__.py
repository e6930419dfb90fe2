"""What people outside send, by a page or by mail: checked, made into records once, or held for a person; no pages."""
