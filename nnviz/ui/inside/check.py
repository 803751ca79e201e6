"""The gradient check of a run, and what mistakes do to it and to training."""

from math import isqrt
from typing import Any

import streamlit as st

from nnviz.figures.proofs import courses_figure, steps_figure
from nnviz.mistakes import MISTAKES, Mistake
from nnviz.runs import wire
from nnviz.runs.client import Requests
from nnviz.runs.errors import RunError
from nnviz.settings import RunConfig
from nnviz.spotcheck import FLOAT32_STEP, GOOD, STEP
from nnviz.ui import session

_RIGHT = "nothing: the right code"
_SCOPES = ("everything", "one layer", "one weight")
# What stands before a part of the table, by what the check found of it.
_MARKS = {"good": "✓", "wrong": "✗ wrong:", "unclear": "?", "unchecked": "–"}


@st.fragment
def show(client: Requests, run: str, config: RunConfig) -> None:
    """Show the check of a run's gradient with its controls."""
    st.markdown("## The gradient check")
    st.markdown(
        "Backpropagation has to give what moving a parameter a little up and a little down gives: "
        "(L(w + h) - L(w - h)) / 2h. In float64 a right gradient agrees to about nine digits; a "
        "mistake shows in the first two. Break it and see where the check goes red, and how well "
        "the broken network trains all the same."
    )
    choice, scope = st.columns(2, vertical_alignment="bottom")
    broken = choice.selectbox(
        "Break it", [None, *MISTAKES],
        format_func=lambda id: MISTAKES[id].label if id else _RIGHT, key="break it",
    )
    mistake = MISTAKES.get(broken)
    with scope:
        scope = st.segmented_control("Check", _SCOPES, default=_SCOPES[0], required=True)
    arguments = _place(config, scope)
    try:
        told, _ = _finished(client, run, "check_gradient", mistake=broken, **arguments)
        _show_verdict(told)
        _show_parts(told, config, mistake)
        if mistake is not None:
            _show_code(mistake, told["complaint"])
            _show_training(client, run, config, mistake)
        _show_steps(client, run, told["step"])
    except RunError as error:
        st.error(str(error), icon=":material/error:")


def _place(config: RunConfig, scope: str) -> dict[str, Any]:
    """Draw the fields of where to check; return the arguments of the question."""
    if scope == _SCOPES[0]:
        return {}
    sizes = config.layer_sizes
    fields = st.columns(3)
    number = fields[0].selectbox("Layer", range(1, len(sizes)))
    if scope == _SCOPES[1]:
        return {"layer": number - 1}
    ends = []
    for field, name, count in (
        (fields[1], "From", sizes[number - 1]), (fields[2], "To unit", sizes[number])
    ):
        ends.append(field.number_input(
            f"{name} (0 to {count - 1})", 0, count - 1, _middle(count) if name == "From" else 0,
            key=f"{name} {number} {count}",
        ))
    return {"layer": number - 1, "weight": ends}


def _middle(count: int) -> int:
    """Return the middle of a square image of so many pixels: at its edges often nothing is seen."""
    side = isqrt(count)
    return (side // 2) * side + side // 2 if side * side == count > 4 else 0


def _finished(client: Requests, run: str, question: str, **arguments: Any) -> tuple[dict, dict]:
    """Ask until the answer is there, with its progress if that takes long."""
    bar = None
    answer = client.ask(
        "question", run=run, question=question, arguments={**arguments, "begin": True}
    )
    while isinstance(answer, dict):
        bar = bar or st.progress(0.0, "Working it out")
        bar.progress(min(1.0, answer["progress"]), "Working it out")
        answer = client.ask("question", run=run, question=question, arguments=arguments)
    if bar:
        bar.empty()
    return wire.unpack(answer)


def _show_verdict(told: dict[str, Any]) -> None:
    """Say in one box what the check found."""
    found = {verdict: [part for part in told["parts"] if part["verdict"] == verdict]
             for verdict in _MARKS}
    rest = _rest(found)
    if not told["is_measurable"]:
        st.warning(
            "The check can say nothing here: training has gone so far off that the loss no longer "
            "follows when a parameter moves a little. Numbers overflow, or an output has become 0, "
            "whose logarithm is cut off. Go back to a sound step in the lab.",
            icon=":material/warning:",
        )
    elif found["wrong"]:
        right = len(found["good"])
        agree = f" {right} of {len(told['parts'])} parts agree." if right else ""
        st.error(f"Wrong: {_names(found['wrong'])}.{agree}{rest}", icon=":material/error:")
    elif found["good"]:
        largest = max(part["error"] for part in found["good"])
        st.success(
            f"Backpropagation and finite differences agree: largest relative error {largest:.1e}; "
            f"below {GOOD:.0e} is good.{rest}", icon=":material/check:",
        )
    else:
        st.warning(f"The check can say nothing here.{rest}", icon=":material/warning:")


def _rest(found: dict[str, list[dict]]) -> str:
    """Return what is to be said of the parts of which nothing is known."""
    text = ""
    if found["unclear"]:
        text += (
            f" Too small to tell: {_names(found['unclear'])}; rounding alone makes a difference as "
            "large as this gradient."
        )
    if found["unchecked"]:
        text += (
            f" Not checked: {_names(found['unchecked'])}; each step there crosses a kink, where "
            "there is no one slope."
        )
    return text


def _names(parts: list[dict]) -> str:
    return ", ".join(f"the {part['kind']} of layer {part['layer'] + 1}" for part in parts)


def _show_parts(told: dict[str, Any], config: RunConfig, mistake: Mistake | None) -> None:
    """Show the numbers part by part, and what is to be known of them."""
    parts = told["parts"]
    if len(parts) == 1 and _is_idle(parts[0]):
        st.info(
            "Both are 0: for these samples this weight has no part in the loss, because its input "
            "or its unit is 0. A mistake would not show; choose another weight."
        )
    if mistake is not None and told["is_silent"]:
        st.info(f"On this network the check cannot see it. {mistake.silent}")
    elif mistake is not None and told["is_measurable"] and not _has_wrong(parts):
        st.info("Here the mistake changes the gradient by less than the check can tell.")
    # In two halves, or the table would be wider than a phone.
    errors, furthest = st.columns(2)
    errors.markdown(_table(
        ("part", "relative error, float64", "relative error, float32"),
        [_errors_of(part, told["is_measurable"]) for part in parts],
    ))
    furthest.markdown(_table(
        ("furthest off", "backpropa\u00adgation", "finite difference"),
        [_furthest_of(part) for part in parts if "worst" in part],
    ))
    held_back = config.dropout or config.l1 or config.l2
    kinks = sum(part["kinks"] for part in parts)
    st.caption(
        f"On {told['samples']} {'sample' if told['samples'] == 1 else 'samples'} of the mini-batch "
        f"of step {told['step']:,}; "
        + "of the loss alone, without dropout and penalties; " * bool(held_back)
        + ("of large layers a sample of the parameters. " if any(
            part["checked"] + part["kinks"] < part["total"] for part in parts) else "")
        + f"h is {STEP:g} in float64 and {FLOAT32_STEP:g} in float32, which has too few digits for "
        "less: there rounding alone can make a few percent, and more where a step crosses a kink."
        + (f" Left out: {kinks} whose step crosses the kink of a ReLU or of |ŷ - y|."
           if kinks else "")
    )


def _has_wrong(parts: list[dict]) -> bool:
    return any(part["verdict"] == "wrong" for part in parts)


def _is_idle(part: dict[str, Any]) -> bool:
    worst = part.get("worst")
    return part["checked"] == 1 and worst is not None and worst["backward"] == worst["numeric"] == 0


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _errors_of(part: dict[str, Any], is_measurable: bool) -> tuple[str, str, str]:
    """Return a part's name with a mark, and its relative errors."""
    mark = _MARKS[part["verdict"]] if is_measurable or part["verdict"] == "good" else "?"
    name = f"{mark} {part['kind']} of layer {part['layer'] + 1}"
    checked = f"({part['checked']:,} of {part['total']:,})"
    if "worst" not in part:
        return f"{name} {checked}", "", ""
    exact, rounded = _text(part["error"], ".2g"), _text(part["error32"], ".2g")
    if is_measurable and part["verdict"] == "wrong":
        name, exact = f":red[{name}]", f":red[**{exact}**]"
    return f"{name} {checked}", exact, rounded


def _furthest_of(part: dict[str, Any]) -> tuple[str, str, str]:
    """Return the parameter of a part that is furthest off, both ways."""
    worst = part["worst"]
    name = f"b[{worst['unit']}]" if worst["source"] is None \
        else f"w[{worst['source']} → {worst['unit']}]"
    return (
        f"{name} of layer {part['layer'] + 1}", _text(worst["backward"]), _text(worst["numeric"]),
    )


def _text(number: float | None, form: str = ".8g") -> str:
    return "not finite" if number is None else format(number, form)


def _show_code(mistake: Mistake, complaint: str | None) -> None:
    right, wrong = st.columns(2)
    right.markdown("As it should be")
    right.code(mistake.right, language="python", wrap_lines=True)
    wrong.markdown("As it is")
    wrong.code(mistake.wrong, language="python", wrap_lines=True)
    st.markdown(mistake.what)
    if complaint:
        st.markdown("NumPy's answer to it on this network, before anything is reshaped:")
        st.code(f"ValueError: {complaint}", language=None, wrap_lines=True)


def _show_training(client: Requests, run: str, config: RunConfig, mistake: Mistake) -> None:
    st.markdown("### How well it trains all the same")
    about, curves = session.remember(
        "training with a mistake", (run, config, mistake.id),
        lambda: _finished(client, run, "compare_training", mistake=mistake.id),
    )
    ends = {name: curves[f"{name} accuracy"][-1] for name in ("right", "wrong")}
    st.markdown(
        f"After {about['steps']:,} steps ({about['epochs']:,.4g} epochs) from the run's first "
        f"weights: {how_both_ended(about, ends)}."
    )
    if about["left_out"]:
        copies = "" if about["training"] == config.training_samples else ", warped copies included,"
        st.markdown(
            f"{about['left_out']:,} of {about['training']:,} samples{copies} are left out in every "
            "epoch, others each time."
        )
    for column, name in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        figure = courses_figure(
            curves["steps"], curves[f"right {name}"], curves[f"wrong {name}"], name
        )
        column.plotly_chart(figure, key=f"mistake {name}", config={"displayModeBar": False})


def how_both_ended(about: dict[str, Any], accuracies: dict[str, float]) -> str:
    """Return in words what became of training with a mistake, and without it.

    Parameters
    ----------
    about : dict
        ``samples`` measured; ``blew_up``: after which steps the right code and the mistaken one
        did, each None where it did not.
    accuracies : dict of str to float
        At the end, 0 to 1, of "right" and "wrong"; NaN after it blew up.
    """
    right_end, wrong_end = about["blew_up"]
    right, wrong = (f"{accuracies[name]:.1%}" for name in ("right", "wrong"))
    if right_end is None and wrong_end is None:
        return f"{wrong} of {about['samples']:,} test samples right, against {right} with the " \
            "right code"
    if wrong_end is None:
        return f"{wrong} of {about['samples']:,} test samples right; the right code blew up at " \
            f"step {right_end:,}"
    if right_end is None:
        return f"it blew up at step {wrong_end:,}; with the right code {right} of the test " \
            "samples are right"
    return f"it blew up at step {wrong_end:,}, the right code at step {right_end:,}"


def _show_steps(client: Requests, run: str, step: int) -> None:
    st.markdown("### How far to move a parameter")
    about, curves = session.remember(
        "step sizes", (run, step), lambda: _finished(client, run, "compare_steps")
    )
    st.markdown(
        "Too far, and the difference is not the slope: the error grows with h squared "
        "(truncation). Too little, and the two losses differ in their last digits only: the error "
        "grows with 1/h (round-off). Where the lines turn lies the best step. A step that takes a "
        "ReLU across its kink is wrong by far more."
    )
    if not about["parameters"]:
        st.info("No parameter here can be moved without crossing a kink, however little.")
        return
    figure = steps_figure(
        curves["steps"], {"float64": curves["float64"], "float32": curves["float32"]}
    )
    st.plotly_chart(figure, key="step sizes", config={"displayModeBar": False})
    count = about["parameters"]
    st.caption(
        f"{count} {'parameter' if count == 1 else 'parameters together'}, right code, step "
        f"{about['step']:,}."
    )
    # The run may have gone on since: pressing runs this part of the page again.
    st.button("Check the present step")
