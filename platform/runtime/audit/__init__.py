"""The audit trail as evidence: history and security events are sealed in a keyed chain, and the chain is verified."""
