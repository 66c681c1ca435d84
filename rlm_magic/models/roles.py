"""The models by role that a person offers to the code: `llm_query(prompt, model="cheap")`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rlm_magic.errors import ConfigurationError
from rlm_magic.models.parameters import PARAMETERS, check_options
from rlm_magic.models.spec import ModelSpec
from rlm_magic.settings import check_number

__all__ = ["Role", "read_roles", "sub_model_of"]


@dataclass(frozen=True, slots=True)
class Role:
    """A model that the code may choose by the name of its role; `about` is the person's word."""

    name: str
    spec: ModelSpec
    about: str = ""

    @property
    def description(self) -> str:
        """What the root model is told of it."""
        return f"{self.about} ({self.spec.name})" if self.about else self.spec.name


def sub_model_of(root: ModelSpec, name: str | None) -> ModelSpec:
    """Return the sub-model: `root` by another name, if one is given.

    Address and key stay behind where the provider isn't the same: they were not meant for it.
    """
    if not name:
        return root
    if not _are_alike(root.name, name):
        root = replace(root, api_base=None, api_key=None)
    return replace(root, name=name)


def read_roles(models: object, root: ModelSpec, sub: ModelSpec) -> dict[str, Role]:
    """Return the roles in `models`, by name: a mapping from names to models, or None.

    A model is a name as litellm has it, or a mapping with `model` and, where wanted, `about` (what
    it is good for), `api_base`, `api_key`, `timeout` and options for litellm. What a role doesn't
    say is as it is for `root` and `sub`; but address and key only where it says neither of the two
    and its provider is that of one of these models, and only then options that aren't parameters
    of a reply: what was meant for one provider doesn't travel to another.

    Raises ConfigurationError for roles that can't be used; its text holds no value of an option.
    """
    if models is None:
        return {}
    if not isinstance(models, Mapping):
        raise ConfigurationError(
            "models must be a mapping from roles to models, such as "
            f"{{'cheap': 'openai/gpt-4o-mini'}}, not a {type(models).__name__}."
        )
    roles = {name: _read(name, given, root, sub) for name, given in models.items()}
    names = {root.name, sub.name, *(role.spec.name for role in roles.values())}
    for name in roles:
        if name in names:
            raise ConfigurationError(
                f"models: {name!r} is the name of a model too; give the role another name."
            )
    return roles


def _read(name: object, given: object, root: ModelSpec, sub: ModelSpec) -> Role:
    if not isinstance(name, str) or not name.isidentifier():
        raise ConfigurationError(
            f"models: {name!r} is no name for a role; it must be a word, such as 'cheap'."
        )
    where = f"models[{name!r}]"
    options = {"model": given} if isinstance(given, str) else given
    if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
        raise ConfigurationError(
            f"{where} must be the name of a model, or a mapping with 'model', 'about' and options "
            f"for litellm, not a {type(given).__name__}."
        )
    options = dict(options)
    model = _text(options.pop("model", None), f"{where}['model']")
    about = _text(options.pop("about", ""), f"{where}['about']", may_be_empty=True)
    return Role(name, _spec(model, options, root, sub, where), " ".join(about.split()))


def _spec(
    model: str, options: dict[str, Any], root: ModelSpec, sub: ModelSpec, where: str
) -> ModelSpec:
    api_base, api_key = options.pop("api_base", None), options.pop("api_key", None)
    timeout = options.pop("timeout", None)
    if timeout is not None:
        check_number(f"{where}['timeout']", timeout, whole=False)
    for option, value in (("api_base", api_base), ("api_key", api_key)):
        if value is not None:
            _text(value, f"{where}[{option!r}]")
    like = next((spec for spec in (sub, root) if _are_alike(spec.name, model)), None)
    if like is None or api_base or api_key:
        params = {key: value for key, value in sub.params.items() if key in PARAMETERS}
        like = ModelSpec(model, api_base, api_key, sub.timeout, params)
    spec = replace(like, name=model, timeout=timeout or like.timeout)
    return spec.with_parameters(check_options(options, where))


def _are_alike(one: str, other: str) -> bool:
    """Whether two models are of one provider, as far as their names tell."""
    provider, slash, _ = one.partition("/")
    return other.startswith(provider + slash) if slash else "/" not in other


def _text(value: object, where: str, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise ConfigurationError(f"{where} must be a text{'' if may_be_empty else ', not empty'}.")
    return value.strip()
