"""Automations: when something happens to a record, or time passes, and a condition holds, actions run."""
