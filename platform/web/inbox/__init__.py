"""Where people decide: the inbox, the page of an approval, submitting, links in mails."""

from formline.web.inbox import act_routes as act_routes
from formline.web.inbox import away_routes as away_routes
from formline.web.inbox import decision_routes as decision_routes
from formline.web.inbox import link_routes as link_routes
from formline.web.inbox import list_routes as list_routes
from formline.web.inbox import submitting as submitting
from formline.web.inbox import trail as trail
from formline.web.inbox.blueprint import blueprint

__all__ = ["blueprint"]
