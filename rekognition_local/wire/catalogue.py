"""botocore's bundled description of the service: the one source of shapes, limits, enums and error names."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

SERVICE_TARGET = "RekognitionService"
_EMPTY = StructureShape("Empty", {"type": "structure", "members": {}})


@cache
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")


def operation_names() -> frozenset[str]:
    """Every operation of the real service, those not carried here included."""
    return frozenset(service_model().operation_names)


def operation_model(name: str) -> OperationModel:
    return service_model().operation_model(name)


def input_shape(name: str) -> StructureShape:
    shape = operation_model(name).input_shape
    return shape if isinstance(shape, StructureShape) else _EMPTY


def output_shape(name: str) -> StructureShape:
    shape = operation_model(name).output_shape
    return shape if isinstance(shape, StructureShape) else _EMPTY
