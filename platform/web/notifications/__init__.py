"""Notifications: the drawer and its page, the bell's number, and the stream that says when to fetch them again."""

from formline.web.notifications import routes
from formline.web.notifications.leaving import leaving
from formline.web.notifications.routes import blueprint

__all__ = ["blueprint", "leaving", "routes"]
