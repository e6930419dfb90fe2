"""SCIM 2.0 (RFC 7643, 7644): a directory keeps people and departments in step; bearer tokens of kind ``scim`` only."""

from formline.web.scim import groups, users
from formline.web.scim.blueprint import blueprint

__all__ = ["blueprint", "groups", "users"]
