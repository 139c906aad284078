"""Schedule → loop nests, as typed nodes: which loop computes what, for any target with loops."""
