# myelomart with what its locks pin, nothing else, run by a user without rights:
#   docker build --tag myelomart .
#   docker run --rm --network none --volume "$PWD:/data" myelomart build --source /data/cdm --db /data/myelomart.duckdb
# /data belongs to user 1000 of the host; another one: --user "$(id -u):$(id -g)".
FROM python:3.12-slim AS made

WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN python -m venv /opt/myelomart \
    && /opt/myelomart/bin/pip install --no-cache-dir --require-hashes --requirement requirements-build.lock \
    && /opt/myelomart/bin/pip install --no-cache-dir --no-build-isolation --require-hashes --requirement requirements.lock
COPY . .
RUN /opt/myelomart/bin/pip install --no-cache-dir --no-build-isolation --no-deps .

FROM python:3.12-slim

COPY --from=made /opt/myelomart /opt/myelomart
ENV PATH=/opt/myelomart/bin:$PATH DO_NOT_TRACK=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
RUN useradd --uid 1000 --no-create-home --shell /usr/sbin/nologin myelomart \
    && mkdir /data && chown myelomart /data
USER 1000
WORKDIR /data
ENTRYPOINT ["myelomart"]
CMD ["--help"]
