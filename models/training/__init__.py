"""What Keras runs while a network is trained; imported only then."""
