# The container in which Dataflow's workers run (--sdk_container_image): Beam's own, with this project and its libraries.
# It is a Flex Template's launcher, too (docs/engines.md).
FROM gcr.io/dataflow-templates-base/python311-template-launcher-base AS launcher
FROM apache/beam_python3.11_sdk:2.77.0
COPY requirements.lock requirements-nodeps.lock /llama-corpus/
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/* \
 && pip install --no-cache-dir -r /llama-corpus/requirements.lock \
 && pip install --no-cache-dir --no-deps -r /llama-corpus/requirements-nodeps.lock
COPY . /llama-corpus
RUN pip install --no-cache-dir --no-deps /llama-corpus
COPY --from=launcher /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher
ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/llama-corpus/pipelines/flex_template.py PYTHONPATH=/llama-corpus
