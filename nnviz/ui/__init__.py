"""The page's parts: the only package beside pages/ and app.py that imports Streamlit."""
