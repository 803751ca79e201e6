"""What the address of a page asks for: a run, a view or a copy of one, a configuration, locks."""

from dataclasses import dataclass

import streamlit as st

from nnviz import links
from nnviz.runs import admission
from nnviz.runs.identity import is_share_id
from nnviz.settings import SETTINGS, RunConfig
from nnviz.timing import Timing

RUN, VIEW, COPY, HIDE, LOCK = "run", "view", "copy", "hide", "lock"
_KEPT = (HIDE, LOCK)  # while the address goes from one run to another
_OTHERS = (RUN, VIEW, COPY, HIDE, LOCK, "embed", "embed_options")
# What can be hidden or locked beside the settings: the list of ready-made runs and the field for
# model files, which would lead past a locked setting, and parts of the live lab's tools.
TOOLS = (
    "start", "run", "step", "epoch", "back", "reset", "new_weights", "speed", "stops", "timeline",
)
_SETTINGS = {setting.link_name: name for name, setting in SETTINGS.items()}
_LONGEST_LIST = 500  # characters


@dataclass(frozen=True)
class Locks:
    """Names of settings and of `TOOLS` that a link has hidden or locked."""

    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()

    def tools(self) -> dict[str, list[str]]:
        """Return those of the live lab, for its script."""
        return {
            "hide": [name for name in TOOLS if name in self.hidden],
            "lock": [name for name in TOOLS if name in self.locked],
        }


# Who sees a run by a share id changes nothing of it; the worker refuses, and this shows it.
VIEWING = Locks(hidden=frozenset(TOOLS), locked=frozenset(SETTINGS))


def named(name: str) -> str | None:
    """Return the last value of a name in the address."""
    return st.query_params.get(name)


def show(any_id: str) -> None:
    """Have the address name this run, or this view of one."""
    name = VIEW if is_share_id(any_id) else RUN
    kept = {each: st.query_params[each] for each in _KEPT if each in st.query_params}
    wanted = {name: any_id, **kept}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def is_link() -> bool:
    """Return whether the address asks for a configuration."""
    return links.is_link(st.query_params.keys())


def query() -> dict[str, list[str]]:
    """Return all that the address holds, each name with all its values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def linked(but: str | None = None) -> tuple[RunConfig, Timing, list[str]]:
    """Return the configuration and timing that the address asks for, and what makes no sense.

    Parameters
    ----------
    but : str, optional
        Name of a setting that is left at its default.
    """
    asked = query()
    if but is not None:
        asked.pop(SETTINGS[but].link_name, None)
    return links.from_query(asked, _OTHERS, admission.check)


def locks() -> tuple[Locks, list[str]] | None:
    """Return what the address hides and locks, and what of it has no name; None if nothing."""
    if not any(name in st.query_params for name in _KEPT):
        return None
    complaints: list[str] = []
    hidden, locked = (_names(name, complaints) for name in _KEPT)
    return Locks(hidden, locked), complaints


def _names(name: str, complaints: list[str]) -> frozenset[str]:
    text = named(name) or ""
    if len(text) > _LONGEST_LIST:
        complaints.append(f"{name} in the address has {len(text):,} characters: too long.")
        return frozenset()
    wanted = [part for part in text.split(",") if part]
    unknown = [part for part in wanted if part not in _SETTINGS and part not in TOOLS]
    if unknown:
        known = ", ".join([*_SETTINGS, *TOOLS])
        complaints.append(f"{name} in the address names {unknown[0][:40]!r}. Known: {known}.")
    return frozenset(name_of(part) for part in wanted if part not in unknown)


def name_of(link_name: str) -> str:
    """Return the name in `Locks` of what an address names so."""
    return _SETTINGS.get(link_name, link_name)
