# JupyterLab with the chapters, on a CPU:
#   docker build -t progtx .
#   docker run --rm -p 127.0.0.1:8888:8888 progtx
# It prints an address with a token. Add `-v "$PWD":/home/reader/book` to keep what you change.
FROM python:3.11-slim

RUN apt-get update && apt-get install -y --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home reader
USER reader
WORKDIR /home/reader/book
ENV PATH=/home/reader/.local/bin:$PATH \
    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY --chown=reader . .
RUN pip install --no-cache-dir -r requirements.txt && python -m progtx_core doctor
EXPOSE 8888
# Within the container all addresses; the -p above lets only this machine in.
CMD ["jupyter", "lab", "--ip", "0.0.0.0", "--no-browser", "notebooks/"]
