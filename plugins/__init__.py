"""The shipped plug-ins, imported as ``formline.shipped_plugins``; a site loads those its setting ``plugins`` names."""
