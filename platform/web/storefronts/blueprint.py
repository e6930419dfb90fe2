"""The blueprint of the pages for people inside; nothing else."""

from flask import Blueprint

blueprint = Blueprint("storefront_links", __name__)
