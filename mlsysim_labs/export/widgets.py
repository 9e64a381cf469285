"""The widgets of a lab as plain data: what a page needs of each, with scripts and style sheets once.

A page draws what stands in `KNOWN_WIDGETS`, and every anywidget whose script is whole. Another widget is refused by its
name: a page that lacks a knob is worse than none.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from ipywidgets.embed import dependency_state

SCALE_TRAITS, MARK_TRAITS = "min max", "scales x y colors labels"
KNOWN_WIDGETS = {  # of ipywidgets and bqplot: what a page reads of each
    "VBoxModel": "children", "HBoxModel": "children", "BoxModel": "children", "HTMLModel": "value",
    "SelectionSliderModel": "description index _options_labels", "DropdownModel": "description index _options_labels",
    "ToggleButtonsModel": "description index _options_labels", "CheckboxModel": "description value",
    "IntSliderModel": "description value min max step",
    "FloatSliderModel": "description value min max step readout_format",
    "FigureModel": "axes marks fig_margin", "AxisModel": "scale label side label_offset grid_lines tick_values "
                                                         "tick_labels",
    "LinearScaleModel": SCALE_TRAITS, "LogScaleModel": SCALE_TRAITS, "ColorScaleModel": f"{SCALE_TRAITS} mid colors",
    "LinesModel": f"{MARK_TRAITS} line_style stroke_width interpolation close_path fill fill_colors fill_opacities",
    "ScatterModel": f"{MARK_TRAITS} marker default_size stroke stroke_width apply_clip",
    "LabelModel": f"{MARK_TRAITS} text align x_offset y_offset default_size font_weight",
    "BarsModel": f"{MARK_TRAITS} color",
}
SILENT_WIDGETS = {"LayoutModel"}  # and styles: of a layout a widget keeps what is set
GENERAL_TRAITS = {"layout", "style", "tabbable", "tooltip"}
MODEL_REFERENCE = re.compile("IPY_MODEL_([0-9a-f]{32})")
HEATMAP_NAME = re.compile("lab-heatmap-[0-9a-f]{12}")  # drawn anew for each heat map, so a second export would differ


class ExportError(ValueError):
    """Why a lab cannot become a page, in a sentence to its author."""


class Widgets:
    """What a page is made of: names for widgets, scripts, and style sheets; each stands once."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.scripts: dict[str, str] = {}  # and whose they are
        self.styles: list[str] = []
        self._heatmaps: dict[str, str] = {}

    def states(self, box: Any) -> dict[str, dict[str, Any]]:
        """The widgets of a box and all that they refer to, by name: kind, state, and the place of the script."""
        found = dependency_state([box], drop_defaults=False)
        for key in found:
            self.names.setdefault(key, f"m{len(self.names)}")
        layouts = {key: layout_of(one["state"]) for key, one in found.items() if one["model_name"] in SILENT_WIDGETS}
        return {self.names[key]: self._plain(one, layouts) for key, one in found.items()
                if one["model_name"] not in SILENT_WIDGETS and not one["model_name"].endswith("StyleModel")}

    def name(self, widget: Any) -> str:
        """What a widget is called in the page."""
        return self.names[widget.model_id]

    def refer(self, value: Any) -> Any:
        """A trait's value with widgets replaced by what they are called."""
        if hasattr(value, "model_id"):
            return f"IPY_MODEL_{self.name(value)}"
        if isinstance(value, Mapping):
            return {key: self.refer(part) for key, part in value.items()}
        return [self.refer(part) for part in value] if isinstance(value, (list, tuple)) else value

    def _plain(self, model: Mapping[str, Any], layouts: Mapping[str, Any]) -> dict[str, Any]:
        kind, state = model["model_name"], model["state"]
        buffers = {tuple(b["path"]): base64.b64decode(b["data"]) for b in model.get("buffers", [])}
        is_own = kind == "AnyModel"
        if not is_own and kind not in KNOWN_WIDGETS:
            raise ExportError(f"A page has no {kind.removesuffix('Model')}. Use a slider, a choice or a toggle of the "
                              f"lab, a picture, or an anywidget.")
        own = [key for key in state if key[0] != "_" and key not in GENERAL_TRAITS]
        wanted = own if is_own else KNOWN_WIDGETS[kind].split()
        made = {key: self._value(state.get(key), buffers, (key,)) for key in wanted}
        layout = layouts.get(str(state.get("layout", "")).removeprefix("IPY_MODEL_"))
        made |= {"layout": layout} if layout else {}
        made |= {"_dom_classes": [self._named(c) for c in state["_dom_classes"]]} if state.get("_dom_classes") else {}
        return {"kind": kind, "state": made} | ({"script": self._script(state)} if is_own else {})

    def _value(self, value: Any, buffers: Mapping[tuple[Any, ...], bytes], path: tuple[Any, ...]) -> Any:
        """A value as JSON holds it; arrays of bqplot, which travel as bytes, become lists."""
        if isinstance(value, Mapping) and {"dtype", "shape"} <= value.keys():
            array = np.frombuffer(buffers.get((*path, "value"), b""), value["dtype"]).astype(float)
            return self._value(array.tolist(), buffers, path)
        if isinstance(value, Mapping):
            return {key: self._value(part, buffers, (*path, key)) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(part, buffers, (*path, i)) for i, part in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return self._named(value) if isinstance(value, str) else value

    def _named(self, text: str) -> str:
        text = MODEL_REFERENCE.sub(lambda found: f"IPY_MODEL_{self.names[found[1]]}", text)
        return HEATMAP_NAME.sub(lambda found: self._heatmaps.setdefault(found[0], f"lab-heatmap-{len(self._heatmaps)}"),
                           text)

    def _script(self, state: Mapping[str, Any]) -> int:
        """The place of an anywidget's script, and its style sheet beside those of others."""
        css = state.get("_css") or ""
        if css and css not in self.styles:
            self.styles.append(css)
        made = state["_esm"]
        self.scripts.setdefault(made, str(state.get("_anywidget_id") or "an anywidget").rpartition(".")[2])
        return list(self.scripts).index(made)


def layout_of(state: Mapping[str, Any]) -> dict[str, str]:
    """What is set in a layout, as a style sheet calls it.

    >>> layout_of({"_view_name": "LayoutView", "min_width": "0", "height": None})
    {'min-width': '0'}
    """
    return {key.replace("_", "-"): value for key, value in state.items() if key[0] != "_" and value}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is new in states, or other than it was.

    >>> changes({"m1": {"kind": "Box", "state": {"a": 1, "b": 2}}}, {"m1": {"kind": "Box", "state": {"a": 1, "b": 3}}})
    {'m1': {'state': {'b': 3}}}
    """
    found: dict[str, Any] = {}
    for name, model in after.items():
        if name not in before:
            found[name] = model
            continue
        was = before[name]["state"]
        moved = {key: value for key, value in model["state"].items() if key not in was or was[key] != value}
        found |= {name: {"state": moved}} if moved else {}
    return found
