"""The API that registers call, /api/v1/: described at /api/v1/openapi.json, shown at /api/v1/docs."""
