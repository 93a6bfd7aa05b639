"""What the recorded tables of single chapters hold: a module each, with an EXPERIMENT."""
