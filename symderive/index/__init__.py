"""The vocabulary: dims, index variables, named tensors, δ and Σ, and what an expression over
them means.
"""
