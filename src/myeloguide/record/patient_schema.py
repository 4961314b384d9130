"""The JSON Schema of the patient file, made from what reads it."""

from __future__ import annotations

from typing import Any

from myeloguide.knowledge.facts import Fact
from myeloguide.knowledge.vocabulary import Vocabulary
from myeloguide.record.patient_file import PatientDocument

SCHEMA = "patient-file-1"
_DATE = {
    "type": "string",
    "pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
    "description": "ISO 8601, possibly partial: 2021-03-15, 2021-03 or 2021.",
}


def patient_file_schema(vocabulary: Vocabulary, definitions: str = "#/$defs/") -> dict[str, Any]:
    """Return the JSON Schema of the patient file. It is wider than the reader, which also knows the names and the calendar.

    `definitions` is where its parts are found, as `#/components/schemas/` in an OpenAPI document.
    """
    made: dict[str, Any] = PatientDocument.model_json_schema(ref_template=definitions + "{model}")
    made["$defs"]["When"] = _DATE
    made["properties"]["facts"] = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": dict(_facts(vocabulary)),
    }
    made["title"] = "PatientFile"
    return _without_defaults(made)


def _facts(vocabulary: Vocabulary) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, fact in vocabulary.facts.items():
        found.append((name, {"description": fact.definition, **_values(fact)}))
        for other in (fact.complement, fact.at_least if fact.is_set else None):
            if other:
                found.append((other, _values(fact)))
    return found


def _values(fact: Fact) -> dict[str, Any]:
    if fact.is_set:
        return {"type": ["array", "null"], "items": {"type": "string"}}
    if fact.kind == "boolean":
        return {"type": ["boolean", "null"]}
    if fact.kind == "category":
        return {"enum": [*fact.values, None]}
    number = {"type": "integer" if fact.kind == "integer" else "number", "minimum": fact.least, "maximum": fact.most}
    stretch = {
        "type": "object", "additionalProperties": False, "minProperties": 1,
        "properties": {"at_least": number, "at_most": number},
    }  # fmt: skip
    return {"anyOf": [number, stretch, {"type": "null"}]}


def _without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a schema made of a model says of the model alone."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, dict):
            own = {key for key, item in value.items() if key == "default" or (key == "title" and isinstance(item, str))}
            return {key: cleaned(item) for key, item in value.items() if key not in own}
        return [cleaned(item) for item in value] if isinstance(value, list) else value

    return {key: cleaned(item) for key, item in schema.items() if key != "title"}
