"""The vocabulary: dims, index variables, named tensors, δ and Σ, and what an expression over
them means.
"""

from . import nodes, text

nodes.Expr.make, nodes.Expr.write = nodes, text  # a + b is `nodes.add(a, b)`, repr is `text.text`
