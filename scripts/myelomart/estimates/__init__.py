"""How shares, numbers and curves of persons become estimates of the results."""
