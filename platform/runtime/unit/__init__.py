"""The write pipeline: one unit per transaction, always a batch; every path that writes records goes through here."""

from formline.runtime.unit.runner import run_unit
from formline.runtime.unit.unit import Change, DeletionReceipt, Unit

__all__ = ["Change", "DeletionReceipt", "Unit", "run_unit"]
