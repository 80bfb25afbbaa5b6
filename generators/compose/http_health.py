"""The command that asks a service for its health by HTTP, with the client that its image holds."""

import json

from schema.service import HttpHealth


def http_test(client: str, port: int, http: HttpHealth) -> list[str]:
    """A health check's argument list, as the engine has it; exit code 0 means ready."""
    url = f"http://127.0.0.1:{port}{http.path}"
    match client:
        case "curl":
            return ["CMD", "curl", "-fsS", "-o", "/dev/null", url]
        case "python3":
            return ["CMD", "python3", "-c", f"import urllib.request as r; r.urlopen({json.dumps(url)}, timeout=3)"]
        case "bash":
            request = f"GET {http.path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n"
            script = (
                f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{request}' >&3 && "
                'read -r _ status _ <&3 && [ "$status" = 200 ]'
            )
            return ["CMD", "bash", "-c", script]
        case _:
            return ["CMD", "wget", "-q", "-O", "/dev/null", url]
