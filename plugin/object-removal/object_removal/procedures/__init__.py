"""What GIMP calls: how the procedures are declared, and their bodies."""
