"""Pages about automations: buttons of records, what ran and why not, failed runs, trying one out."""

from formline.web.automation import button_routes, record_routes, run_routes, try_routes
from formline.web.automation.blueprint import blueprint

__all__ = ["blueprint", "button_routes", "record_routes", "run_routes", "try_routes"]
