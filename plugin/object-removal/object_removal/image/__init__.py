"""Reading, rendering and inserting layers: the only rooms that touch pixels."""
