# The programs with their optional features. Without arguments, it builds the demo.
FROM python:3.13-slim-trixie

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libarchive13t64 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home user

COPY . /home/user/image-manifest
WORKDIR /home/user/image-manifest
RUN pip install --no-cache-dir '.[audit,browse,fetch,formats]' && chown --recursive user .

USER user
CMD ["sh", "demo/run"]
