"""What records show of their states: checklists, service levels, and how records go through a machine."""

from formline.web.states import checklist_routes, clocks, flow_routes
from formline.web.states.blueprint import blueprint

__all__ = ["blueprint", "checklist_routes", "clocks", "flow_routes"]
