"""The write pipeline: one unit per transaction, always a batch; every path that writes records goes through here."""

from formline.runtime.unit import handovers
from formline.runtime.unit.runner import run_unit
from formline.runtime.unit.unit import Change, DeletionReceipt, Unit

__all__ = ["Change", "DeletionReceipt", "Unit", "handovers", "run_unit"]

# The pipeline's own companions register their hooks when they are loaded: whoever can write has them.
from formline.runtime.files import attaching as attaching  # after the unit it is made for
from formline.runtime.web_forms import filling as filling
