"""The blueprint of pages about access; its views live beside it, by subject."""

from flask import Blueprint

blueprint = Blueprint("access", __name__)
