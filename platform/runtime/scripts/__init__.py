"""Scripts of definitions, run in locked-down processes that the host never trusts.

``zygote``, ``layers``, ``landlock``, ``system_calls``, ``worker``, ``policy`` and ``library`` run in processes of their
own; nothing else imports them. The host's side is ``launcher`` (starts them), ``conversation`` (one run) and
``operations`` (what a script may ask for). ``frames`` is the language between the two sides.
"""
