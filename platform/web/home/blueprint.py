"""The blueprint that the routes of this package register with; nothing else."""

from flask import Blueprint

blueprint = Blueprint("home", __name__)
