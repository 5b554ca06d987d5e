"""What the generated OpenAPI document cannot know by itself: problems, and the key of unsafe requests."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from portal.http.once import HEADER
from portal.http.problems import MEDIA_TYPE

UNSAFE = ("post", "put", "patch", "delete")
WITHOUT_KEY = ("/api/v1/oauth/token",)
"""Does nothing that could be done twice: each answer is a token of its own."""

TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what happened, at which field, all reasons, and what to do now.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "description": "An address that names the kind of problem."},
        "title": {"type": "string", "description": "A sentence with the numbers."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; made for programs."},
        "detail": TEXT,
        "field": TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": TEXT, "message": TEXT}},
        },
        "next_step": TEXT,
        "source": {"type": "string", "description": "The citation of the rule that refused."},
        "reasons": {"type": "array", "items": TEXT},
        "findings": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "reference": TEXT,
    },
}
KEY = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    "description": "New and random for each new request, the same again for a retry. The same key with another "
    "body is refused (422); while the first is under way the answer is 409.",
}


class Described(AutoSchema):
    """One name for each operation: get_offerings, get_offerings_by_offering_id, post_withdrawals_cancel."""

    def get_operation_id(self) -> str:
        parts = [part for part in self.path.removeprefix("/api/v1").split("/") if part]
        words = [f"by_{part[1:-1]}" if part.startswith("{") else part for part in parts] or ["root"]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")


def describe_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """For SPECTACULAR_SETTINGS: every operation may answer with a problem; unsafe ones take a key."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "Refused. Nothing was changed.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, operations in result.get("paths", {}).items():
        for method, operation in operations.items():
            operation.setdefault("responses", {})["default"] = answer
            if method in UNSAFE and path not in WITHOUT_KEY:
                operation.setdefault("parameters", []).append(KEY)
    return result
