"""The blueprint of segments; its views live beside it."""

from flask import Blueprint

blueprint = Blueprint("segments", __name__)
