# The HTTP server of docs/serving.md, and TensorBoard: `docker compose up --build`.
FROM python:3.11-slim

WORKDIR /app
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY tfrecs tfrecs
RUN pip install --no-cache-dir '.[serve]'

USER nobody
WORKDIR /tmp
EXPOSE 8000
ENTRYPOINT ["python", "-m", "tfrecs.serve", "--address", "0.0.0.0"]
CMD ["--bundle", "/bundles/current"]
