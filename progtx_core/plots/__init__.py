"""Pictures of plain arrays and tables; each function returns a Figure."""
