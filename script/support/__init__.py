"""What the scripts are made of. Standard library only, because it runs before anything is installed."""
