"""Training runs: the process that trains them, what a page sees of them, where they are kept."""
