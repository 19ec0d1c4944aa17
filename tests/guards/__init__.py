"""What the architecture's tests look with: imports, rooms and numbers, read from syntax trees. No tests of its own."""
