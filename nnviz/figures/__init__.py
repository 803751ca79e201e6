"""Plots: one file each, pure functions from arrays to a Plotly figure."""
