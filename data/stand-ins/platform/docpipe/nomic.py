"""The local embedding server: the interface of the real one, vectors by hashing words. It says so in `model`."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docpipe.hashing import HASHED, hashed

DIMENSIONS = 768
"""What Nomic embed-text v1.5 gives by itself."""


async def embeddings(request: Request) -> Response:
    """POST {"input": [texts]}."""
    asked = await request.json()
    texts, dimensions = asked["input"], asked.get("dimensions", DIMENSIONS)
    data = [{"index": index, "embedding": hashed(text, dimensions)} for index, text in enumerate(texts)]
    return JSONResponse({"model": HASHED.format(dimensions), "data": data})


app = Starlette(
    routes=[
        Route("/health", lambda _: JSONResponse({"stand_in": True})),
        Route("/embeddings", embeddings, methods=["POST"]),
    ]
)
