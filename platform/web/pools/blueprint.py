"""The blueprint of pools; its views live beside it."""

from flask import Blueprint

blueprint = Blueprint("pools", __name__)
