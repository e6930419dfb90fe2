"""Scripts as definitions: the kind, patches and rules inside a save, scripts after a commit, and trying one out."""
