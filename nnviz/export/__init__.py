"""What can be taken away: model files, and later the code, tables and reports made of a run."""
