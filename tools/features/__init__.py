"""Takes features out of the project, and gives it another name."""
