"""Program to Jacobian, to raw vector-Jacobian product, to closed form, with its trace."""
