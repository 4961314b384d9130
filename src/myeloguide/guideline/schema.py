"""The JSON Schema of the answer: made from its data classes, shipped as a file, held equal by a test."""

from __future__ import annotations

import json
from pathlib import Path

from myeloguide.guideline.answer import SCHEMA

SCHEMAS = Path(__file__).parent / "schemas"


def answer_schema() -> str:
    """Make the JSON Schema of the answer from its data classes."""
    from pydantic import TypeAdapter

    from myeloguide.guideline.answer import Answer

    made = TypeAdapter(Answer).json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:myeloguide:{SCHEMA}"}
    return json.dumps({**head, **made}, indent=1, ensure_ascii=False) + "\n"


def shipped_schema() -> str:
    """Return the JSON Schema that the program ships."""
    return (SCHEMAS / f"{SCHEMA}.json").read_text(encoding="utf-8")
