"""The dialog that removes from all open images."""
