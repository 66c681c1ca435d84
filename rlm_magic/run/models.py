"""The models of a run tree: the root model, the sub-model, and those that have a role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rlm_magic.models.client import Client
from rlm_magic.models.prices import Prices
from rlm_magic.models.roles import Role
from rlm_magic.models.spec import ModelSpec

__all__ = ["Models"]


class Models:
    """Hands out clients, which are shared: what a client learned of its model serves all calls."""

    def __init__(
        self,
        root: ModelSpec,
        sub: ModelSpec,
        roles: Mapping[str, Role],
        *,
        bounded: bool,
        prices: Prices,
    ) -> None:
        def client(spec: ModelSpec) -> Client:
            return Client(spec, bounded=bounded, prices=prices)

        self.root = client(root)
        self.sub = client(sub)
        self.roles = roles
        self._by_name = {root.name: self.root, sub.name: self.sub}
        for role in roles.values():
            of_role = client(role.spec)
            self._by_name[role.name] = of_role
            self._by_name.setdefault(role.spec.name, of_role)
        self._with_parameters: dict[tuple[Client, str], Client] = {}

    def client(self, model: str | None, parameters: Mapping[str, Any] | None = None) -> Client:
        """Return the client of a role or a model (None: the sub-model) that sends `parameters`.

        Raises ValueError for a model that the person didn't choose.
        """
        client = self.sub if model is None else self._by_name.get(model)
        if client is None:
            raise ValueError(
                f"model={model!r} is not one of the models of this run: {', '.join(self._names())}."
            )
        return self.adjusted(client, parameters or {})

    def adjusted(self, client: Client, parameters: Mapping[str, Any]) -> Client:
        """Return `client`, or one of the same model that sends `parameters`, too."""
        if not parameters:
            return client
        key = client, json.dumps(parameters, sort_keys=True)
        if key not in self._with_parameters:
            self._with_parameters[key] = client.with_parameters(parameters)
        return self._with_parameters[key]

    def _names(self) -> list[str]:
        names = [*self.roles, self.sub.spec.name, self.root.spec.name]
        return list(dict.fromkeys(names))
