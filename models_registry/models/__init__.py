"""What is written down of models: the mirror of AWS, who uses which version, and the ledger."""

from models_registry.models.allocation import AllocationRule, AllocationShare, RunWeight
from models_registry.models.aws_schedules import AwsSchedules
from models_registry.models.budget import Budget, OverrideRequest
from models_registry.models.connection import Connection, Project
from models_registry.models.deployment import Assignment, Deployment, DeploymentState, RulesChange
from models_registry.models.edit import StoreEdit
from models_registry.models.evaluation import Evaluation
from models_registry.models.guard import Guard
from models_registry.models.ledger import Decision, Run, RunNeed, TickHeartbeat, Trouble
from models_registry.models.money import ExchangeRate, PriceRate, RunShare, SpendCause, StoreSpend
from models_registry.models.override import Override
from models_registry.models.promotion import Promotion, Service
from models_registry.models.safety import Installation, SafetyStop
from models_registry.models.trial import Trial
from models_registry.models.version import LabelMetrics, ModelVersion

__all__ = [
    "AllocationRule",
    "AllocationShare",
    "Assignment",
    "AwsSchedules",
    "Budget",
    "Connection",
    "Decision",
    "Deployment",
    "DeploymentState",
    "Evaluation",
    "ExchangeRate",
    "Guard",
    "Installation",
    "LabelMetrics",
    "ModelVersion",
    "Override",
    "OverrideRequest",
    "PriceRate",
    "Project",
    "Promotion",
    "RulesChange",
    "Run",
    "RunNeed",
    "RunShare",
    "RunWeight",
    "SafetyStop",
    "Service",
    "SpendCause",
    "StoreEdit",
    "StoreSpend",
    "TickHeartbeat",
    "Trial",
    "Trouble",
]
