"""Definition files and their layers: read, checked, merged. No database, no clock, no expression is understood here."""
