"""What each row of the feature table promises, asked of the shipped definitions on both databases."""
