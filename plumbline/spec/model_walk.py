"""Walks a model's types, for hints about fields."""

from typing import Annotated, Any, get_args, get_origin

from schema.types import Model


def model_at(model: type[Model], path: tuple[str | int, ...]) -> type[Model] | None:
    """The model that describes the value at a path below a value of `model`, if a model does."""
    current: Any = model
    for part in path:
        following = _step(current, part)
        if following is None:
            return _model_in(current)
        current = following
    return _model_in(current)


def _step(annotation: Any, part: str | int) -> Any:
    model = _model_in(annotation)
    if model is not None:
        field = model.model_fields.get(str(part))
        return field.annotation if field else None
    for kind in _alternatives(annotation):
        origin = get_origin(kind)
        if origin is dict:
            return get_args(kind)[1]
        if origin in (tuple, list):
            return get_args(kind)[0]
    return None


def _model_in(annotation: Any) -> type[Model] | None:
    for kind in _alternatives(annotation):
        if isinstance(kind, type) and issubclass(kind, Model):
            return kind
    return None


def _alternatives(annotation: Any) -> list[Any]:
    """The types of a union, with their annotations taken off."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    arguments = get_args(annotation)
    if get_origin(annotation) in (dict, tuple, list) or not arguments:
        return [annotation]
    return [inner for argument in arguments for inner in _alternatives(argument)]
