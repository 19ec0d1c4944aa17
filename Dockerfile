# Two images.
#
#   docker build --target corpus --tag llama-corpus .      the command on one machine: docker run llama-corpus demo
#   docker build --tag IMAGE .                              the container in which Dataflow's workers run
#                                                           (--sdk_container_image), and a Flex Template's launcher
#                                                           (docs/engines.md): Beam's own, with this project in it
FROM python:3.13-slim-bookworm AS corpus
COPY requirements.lock requirements-nodeps.lock /llama-corpus/
RUN pip install --no-cache-dir -r /llama-corpus/requirements.lock \
 && pip install --no-cache-dir --no-deps -r /llama-corpus/requirements-nodeps.lock
COPY . /llama-corpus
RUN pip install --no-cache-dir --no-deps /llama-corpus
WORKDIR /data
ENTRYPOINT ["corpus"]

FROM gcr.io/dataflow-templates-base/python311-template-launcher-base AS launcher
FROM apache/beam_python3.11_sdk:2.77.0
COPY requirements-gcp.lock requirements-nodeps.lock /llama-corpus/
RUN pip install --no-cache-dir -r /llama-corpus/requirements-gcp.lock \
 && pip install --no-cache-dir --no-deps -r /llama-corpus/requirements-nodeps.lock
COPY . /llama-corpus
RUN pip install --no-cache-dir --no-deps /llama-corpus
COPY --from=launcher /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher
ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/llama-corpus/pipelines/flex_template.py PYTHONPATH=/llama-corpus
