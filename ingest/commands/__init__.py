"""What is asked of terminals: commands that are kept, sent and answered."""
