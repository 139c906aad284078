"""Schedule → array program: typed array nodes on named axes.

Every choice of array code is made here, once; a target that writes array code prints these nodes.
"""
