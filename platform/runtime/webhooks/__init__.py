"""Integrations at work: messages out of events and actions, messages in that become records; no page and no address.

``enqueue`` is what an action calls, in its transaction. What arrives ends as records and as one event ``webhook`` of
the outbox, whose payload names the integration: ``{"webhook": name}``.
"""

from formline.runtime.webhooks.telling import enqueue

__all__ = ["enqueue"]
