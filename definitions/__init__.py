"""The shipped CRM: definition files only, no code; imported as ``formline.shipped_definitions``."""
