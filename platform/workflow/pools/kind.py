"""The kind ``pool``."""

from formline.catalog.kinds import Kind, register
from formline.workflow.pools.checks import check_pool
from formline.workflow.pools.definition import build_pool

register(Kind("pool", build_pool, check_pool))
