"""Pages about records that are the same: similar ones beside a form, merging, groups found by a scan; conversions."""

from formline.web.duplicates import convert_routes, merge_routes, scan_routes, similar_routes
from formline.web.duplicates.blueprint import blueprint

__all__ = ["blueprint", "convert_routes", "merge_routes", "scan_routes", "similar_routes"]
