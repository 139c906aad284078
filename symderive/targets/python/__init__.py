"""Python as a target language: expressions as trees, and their text within the width of a line."""
