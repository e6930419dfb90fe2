"""The blueprint of pages about records that are the same, and of conversions."""

from flask import Blueprint

blueprint = Blueprint("duplicates", __name__)
