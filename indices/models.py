"""Models of this house, collected from its rooms so that Django finds them."""
