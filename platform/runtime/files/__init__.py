"""Stored files: uploading, attaching inside a unit, reading through rights, collecting; no pages live here.

A file is *uploading* until its bytes are in the store, *staged* until a record names it, *held* while the change that
names it waits for an approval, *attached* then, *released* when no record names it any more, and *going* while its
bytes are being removed. Its row is written before its bytes, so that a process killed at any moment leaves nothing that
the collector cannot find.
"""
