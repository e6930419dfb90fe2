"""The blueprint of pages about automations; its views live beside it."""

from flask import Blueprint

blueprint = Blueprint("automation", __name__)
