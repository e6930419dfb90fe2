"""The blueprint of states; its views live beside it."""

from flask import Blueprint

blueprint = Blueprint("states", __name__)
