"""What is written down of models: the mirror of AWS, who uses which version, and the ledger."""

from models_registry.models.connection import Connection, Project
from models_registry.models.deployment import Assignment, Deployment, DeploymentState, RulesChange
from models_registry.models.edit import StoreEdit
from models_registry.models.evaluation import Evaluation
from models_registry.models.guard import Guard
from models_registry.models.ledger import Alert, Decision, Run, RunNeed, TickHeartbeat
from models_registry.models.money import PriceRate, StoreSpend
from models_registry.models.override import Override
from models_registry.models.promotion import Promotion, Service
from models_registry.models.trial import Trial
from models_registry.models.version import LabelMetrics, ModelVersion

__all__ = [
    "Alert",
    "Assignment",
    "Connection",
    "Decision",
    "Deployment",
    "DeploymentState",
    "Evaluation",
    "Guard",
    "LabelMetrics",
    "ModelVersion",
    "Override",
    "PriceRate",
    "Project",
    "Promotion",
    "RulesChange",
    "Run",
    "RunNeed",
    "Service",
    "StoreEdit",
    "StoreSpend",
    "TickHeartbeat",
    "Trial",
]
