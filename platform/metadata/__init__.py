"""Definition files and their layers: read, check and merge text. No database, no clock, no expression is understood here."""
