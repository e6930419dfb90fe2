"""The one list of actions: automations, states, approvals and service levels say with it what happens then."""
