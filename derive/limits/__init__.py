"""What a potential becomes at extreme starts, and the explicit regularizer beside it."""
