"""What one or two chapters alone need: drawings, a loss landscape, a hand-set model."""
