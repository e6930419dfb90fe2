"""The blueprint of pages around the records: recycle bin, jobs, audit, system; its views live beside it."""

from flask import Blueprint

blueprint = Blueprint("administration", __name__)
