"""Read deploy/aws/kamado.yaml as CloudFormation would: check parameters, assert rules, resolve functions.

Moto's own CloudFormation knows eight of the template's types and few properties of a bucket, and neither
patterns nor rules; what it leaves out is resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parents[2] / "deploy" / "aws" / "kamado.yaml"
NOTHING = object()


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def read_template() -> dict[str, Any]:
    """Return the template with its functions in their long form."""
    return dict(yaml.load(PATH.read_text(encoding="utf-8"), Loader=_Loader))


def template_body() -> str:
    """Return the template as moto can delete it: it knows Retain, not RetainExceptOnCreate."""
    return PATH.read_text(encoding="utf-8").replace("RetainExceptOnCreate", "Retain")


class Refused(Exception):
    """CloudFormation would refuse the parameters, in the template's own words."""


@dataclass
class Stack:
    """The template with parameters, in one account and region; `names` are the physical ids of resources."""

    parameters: Mapping[str, str]
    account: str = "123456789012"
    region: str = "ap-northeast-1"
    names: dict[str, str] = field(default_factory=dict)
    template: dict[str, Any] = field(default_factory=read_template)

    def __post_init__(self) -> None:
        declared = self.template["Parameters"]
        assert set(self.parameters) <= set(declared)
        self.values = {name: str(said.get("Default", "")) for name, said in declared.items()}
        self.values |= self.parameters

    def check(self) -> None:
        """Raise Refused as CloudFormation would before it makes anything."""
        for name, said in self.template["Parameters"].items():
            value, sentence = self.values[name], f"{name}: {said.get('ConstraintDescription', '')}"
            if "Default" not in said and name not in self.parameters:
                raise Refused(f"{name} must have a value")
            if "AllowedValues" in said and value not in said["AllowedValues"]:
                raise Refused(sentence)
            if "AllowedPattern" in said and not re.search(said["AllowedPattern"], value):
                raise Refused(sentence)
            if said["Type"] == "Number" and not said["MinValue"] <= float(value) <= said["MaxValue"]:
                raise Refused(sentence)
        for rule in self.template["Rules"].values():
            if "RuleCondition" in rule and not self.value(rule["RuleCondition"]):
                continue
            for each in rule["Assertions"]:
                if not self.value(each["Assert"]):
                    raise Refused(each["AssertDescription"])

    def is_made(self, resource: str) -> bool:
        """Tell whether a resource's condition holds."""
        condition = self.template["Resources"][resource].get("Condition")
        return condition is None or self.holds(condition)

    def resources(self) -> dict[str, str]:
        """Return the resources that are made, and their types."""
        return {name: said["Type"] for name, said in self.template["Resources"].items() if self.is_made(name)}

    def properties(self, resource: str) -> dict[str, Any]:
        """Return a resource's properties, resolved."""
        return dict(self.value(self.template["Resources"][resource]["Properties"]))

    def holds(self, condition: str) -> bool:
        return bool(self.value(self.template["Conditions"][condition]))

    def value(self, said: Any) -> Any:
        """Resolve functions, however deep; AWS::NoValue takes its key away."""
        if isinstance(said, list):
            return [self.value(each) for each in said]
        if not isinstance(said, dict):
            return said
        if len(said) == 1 and (name := next(iter(said))) in ("Ref", *FUNCTIONS):
            return self._ref(said["Ref"]) if name == "Ref" else FUNCTIONS[name](self, said[name])
        resolved = {key: self.value(each) for key, each in said.items()}
        return {key: each for key, each in resolved.items() if each is not NOTHING}

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account, "AWS::Region": self.region, "AWS::Partition": "aws",
            "AWS::NoValue": NOTHING,
        }  # fmt: skip
        if name in pseudo:
            return pseudo[name]
        return self.values[name] if name in self.values else self.names[name]

    def attribute(self, resource: str, name: str) -> str:
        """Return what Fn::GetAtt gives, for the types that the template asks."""
        kind, its_name = self.template["Resources"][resource]["Type"], self.names[resource]
        if kind == "AWS::SQS::Queue":
            queue = its_name.rpartition("/")[2]
            return queue if name == "QueueName" else f"arn:aws:sqs:{self.region}:{self.account}:{queue}"
        assert (kind, name) == ("AWS::IAM::Role", "Arn")
        return f"arn:aws:iam::{self.account}:role/{its_name}"

    def substitute(self, said: str | list[Any]) -> str:
        text, more = (said, {}) if isinstance(said, str) else (said[0], self.value(said[1]))
        return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._named(found[1], more)), text)

    def _named(self, name: str, more: Mapping[str, str]) -> Any:
        return more[name] if name in more else self._ref(name)


FUNCTIONS: dict[str, Any] = {
    "Fn::Sub": lambda stack, said: stack.substitute(said),
    "Fn::GetAtt": lambda stack, said: stack.attribute(*said),
    "Fn::If": lambda stack, said: stack.value(said[1] if stack.holds(said[0]) else said[2]),
    "Fn::Equals": lambda stack, said: stack.value(said[0]) == stack.value(said[1]),
    "Fn::Not": lambda stack, said: not stack.value(said[0]),
    "Fn::Contains": lambda stack, said: stack.value(said[1]) in stack.value(said[0]),
}
