# One image for every process of a site; the command selects which:
#
#   python -m services.queuing.main    a service (any of cli/components.py)
#   python -m gateway                  the web's edge
#   tongban init                       topics and indexes, before the others start
#   tongban up --no-sample             a whole site in one container, data in /var/lib/tongban (the default)
#
# `make image` builds it. Everything fetched is pinned: the base by digest, packages by the lock files' hashes.
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# ── Build ────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${BASE} AS build

# Mirrors, where a site has its own: empty means each tool's configured registry.
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY

RUN apt-get update -q \
 && apt-get install -yq --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
# What changes least comes first, so that a change of code fetches nothing again, nor one of the Makefile the packages.
# The run time's own environment: wheels only, each checked against the lock's hashes.
COPY requirements.lock ./
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements.lock

COPY Makefile pyproject.toml requirements-node.lock package.json package-lock.json .npmrc ./
RUN make assets
COPY protos protos
RUN make gen

COPY LICENSE ./
COPY cli cli
COPY gateway gateway
COPY kit kit
COPY reference reference
COPY services services
# What only builds goes again. Compiled here, as nothing can be written at run time; by hash, as the files' times vary.
RUN /opt/venv/bin/pip install --quiet --no-deps --no-build-isolation --editable . \
 && /opt/venv/bin/pip uninstall --quiet --yes grpcio-tools mypy-protobuf setuptools pip \
 && rm -rf .venv build/npm tongban.egg-info Makefile package.json package-lock.json .npmrc requirements-node.lock \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib cli gateway gen kit reference services

# ── Run ──────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${BASE} AS run

ARG BASE
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED
LABEL org.opencontainers.image.title="tongban" \
      org.opencontainers.image.description="Runs a government-service center (政务服务中心)" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE}"

# The base's own installers go too: nothing in this image fetches or builds anything. /handover is where cards, proposals
# and bundles are mounted that go to other sites or came from them.
RUN if python3 -m pip --version >/dev/null 2>&1; then python3 -m pip uninstall --quiet --yes --root-user-action ignore setuptools wheel pip; fi \
 && rm -rf /usr/local/lib/python3*/ensurepip ~/.cache \
 && groupadd --gid 10001 tongban \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/tongban --shell /usr/sbin/nologin tongban \
 && install -d -m 0700 -o 10001 -g 10001 /var/lib/tongban /run/tongban /handover

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

# The two heaps and the threshold are those of cli/components.py, where they are explained.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    TONGBAN_DATA=/var/lib/tongban \
    TONGBAN_HOST=0.0.0.0

WORKDIR /app
USER 10001:10001
EXPOSE 8080 9000
VOLUME /var/lib/tongban
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-m", "cli.healthcheck"]
CMD ["tongban", "up", "--no-sample", "--no-demo-clock"]
