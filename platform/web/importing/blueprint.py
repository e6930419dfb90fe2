"""The blueprint of the import wizard; its views live beside it, by step."""

from flask import Blueprint

blueprint = Blueprint("importing", __name__)
