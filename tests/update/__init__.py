"""Updates: differences, plans, steps, and the words about them."""
