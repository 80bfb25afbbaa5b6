"""The API's errors: codes and the statuses they come with, from the vendor's description and from issues in public."""

from typing import Any

STATUS = {
    "json_error": 400,
    "token_readonly": 401,
    "unauthorized": 401,
    "forbidden": 403,
    "maintenance": 403,
    "resource_limit_exceeded": 403,
    "firewall_resource_not_found": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "uniqueness_error": 409,
    "deprecated_api_endpoint": 410,
    "primary_ip_version_mismatch": 412,
    "resource_unavailable": 412,
    "locked": 423,
    "protected": 423,
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "timeout": 504,
}


class ApiError(Exception):
    """An answer that is an error. Codes that `STATUS` doesn't name come as 422, as those of single operations do."""

    def __init__(
        self, code: str, message: str, *, status: int | None = None, fields: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.status = status or STATUS.get(code, 422)
        self.fields = fields or {}

    def payload(self) -> dict[str, Any]:
        """The body of the answer."""
        named = [{"name": name, "messages": [message]} for name, message in self.fields.items()]
        details = {"fields": named} if named else None
        return {"error": {"code": self.code, "message": self.message, "details": details}}


def invalid(field: str, message: str) -> ApiError:
    """`invalid_input` for one field."""
    return ApiError("invalid_input", f"invalid input in field '{field}': {message}", fields={field: message})


def not_found(what: str, identity: object) -> ApiError:
    """`not_found` for an object that is asked for by id or name."""
    return ApiError("not_found", f"{what} with ID or name '{identity}' not found")
