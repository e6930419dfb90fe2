"""The REST API: ``/api/v1/<object>`` for every object of the release, with bearer tokens only."""

from formline.web.api import approvals, checklists, files, merging, pools
from formline.web.api.blueprint import blueprint

__all__ = ["approvals", "blueprint", "checklists", "files", "merging", "pools"]
