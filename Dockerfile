# nnviz in a container: no root, no writes but to /data and /tmp.
#   docker build -t nnviz . && docker run --read-only --tmpfs /tmp -v nnviz:/data -p 8501:8501 nnviz
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    # One thread for products: the workers, one for each core, share the machine.
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    # Streamlit and Matplotlib's kin look for a home to write to.
    HOME=/tmp \
    NNVIZ_DATA_DIR=/data

WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt "psycopg[binary]>=3.2,<4" \
    && useradd --system --no-create-home --uid 10001 nnviz \
    && mkdir /data && chown nnviz /data
COPY app.py pyproject.toml ./
COPY .streamlit .streamlit
COPY nnviz nnviz
COPY pages pages
# The file system is read-only later: compile now what Python would otherwise write.
RUN python -m compileall -q nnviz pages app.py

USER nnviz
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=2)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
